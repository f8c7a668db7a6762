"""The pieces of an exported Rust file, as formats.

In: nothing. Out: texts. Non-goals: putting them together (rust).
"""

from __future__ import annotations

from collections.abc import Mapping

TEXT = """{head}
//!
//! `mod surrogate;` in your crate, then `surrogate::{name}({listed})` for one row
//! (it gives {results}), `surrogate::{batch}(&x, &mut y)` for many.
//! `cargo test` runs its self-test.
#![allow(clippy::all, dead_code, non_snake_case, unused_mut, unused_parens)]

/// One row; it gives {results}.
pub fn {name}({parameters}) -> {result} {{
    nsc_answer(&[{listed}]){returned}
}}

/// Many rows: {n_inputs} inputs each in `x`, {n_outputs} outputs each in `y`.
///
/// # Panics
/// The slices are not of as many rows.
pub fn {batch}(x: &[f64], y: &mut [f64]) {{
    assert_eq!(x.len() % {n_inputs}, 0, "x has {n_inputs} inputs a row");
    assert_eq!(y.len(), x.len() / {n_inputs} * {n_outputs}, "y has {n_outputs} outputs a row");
    for (row, found) in x.chunks_exact({n_inputs}).zip(y.chunks_exact_mut({n_outputs})) {{
        let mut given = [0.0; {n_inputs}];
        given.copy_from_slice(row);
        found.copy_from_slice(&nsc_answer(&given));
    }}
}}

/// One row, wherever the inputs are: nothing is tested.
pub fn nsc_raw(x: &[f64; {n_inputs}]) -> [f64; {n_outputs}] {{
    let mut y = nsc_networks(x);
{outputs}    y
}}

{policy}
fn nsc_networks(x: &[f64; {n_inputs}]) -> [f64; {n_outputs}] {{
{networks}
}}

fn nsc_layer<const N: usize, const I: usize>(
    w: &[[f64; I]; N],
    b: &[f64; N],
    x: &[f64; I],
) -> [f64; N] {{
    let mut z = *b;
    for n in 0..N {{
        for i in 0..I {{
            z[n] += w[n][i] * x[i];
        }}
    }}
    z
}}

fn nsc_sigmoid(z: f64) -> f64 {{
    let e = (-z.abs()).exp();
    (if z < 0.0 {{ e }} else {{ 1.0 }}) / (1.0 + e)
}}

fn nsc_relu(z: f64) -> f64 {{
    if z < 0.0 {{ 0.0 }} else {{ z }}
}}

/// The nearest whole number; halves go away from zero.
fn nsc_nearest(y: f64, least: f64, largest: f64) -> f64 {{
    if y <= least {{
        return least;
    }}
    if y >= largest {{
        return largest;
    }}
    (y.abs() + 0.5).trunc().copysign(y) + 0.0
}}

fn nsc_one_of(y: f64, thresholds: &[f64], values: &[f64]) -> f64 {{
    if y.is_nan() {{
        return y;
    }}
    values[thresholds.iter().filter(|t| y > **t).count()]
}}

/// How many outputs are wrong.
pub fn nsc_selftest() -> usize {{
    static TABLE: [[f64; {n_inputs} + {n_outputs}]; {n_rows}] = [
        {rows}];
    static ALLOWED: [f64; {n_outputs}] = {allowed};
    let mut wrong = 0;
    for row in TABLE.iter() {{
        let y: [f64; {n_outputs}] = {call};
        let mut many = [0.0; {n_outputs}];
        {batch}(&row[..{n_inputs}], &mut many);
        for found in [y, many] {{
            for k in 0..{n_outputs} {{
                let error = (found[k] - row[{n_inputs} + k]).abs();
                wrong += !(error <= ALLOWED[k]) as usize;
            }}
        }}
    }}
    wrong
}}

#[cfg(test)]
mod tests {{
    #[test]
    fn {plain}_gives_what_it_gave() {{
        assert_eq!(super::nsc_selftest(), 0);
    }}
}}
"""
_INSIDE = """fn nsc_is_inside(x: &[f64; {n_inputs}]) -> bool {{
    {tests}
}}

"""
_ANSWER = "fn nsc_answer(x: &[f64; {n_inputs}]) -> [f64; {n_outputs}] {{\n"
LEAVING: Mapping[str | None, str] = {
    None: _ANSWER + "    nsc_raw(x)\n}}\n",
    "warn": _INSIDE
    + _ANSWER
    + """    use std::sync::atomic::{{AtomicBool, Ordering}};
    static HAS_WARNED: AtomicBool = AtomicBool::new(false);
    if !nsc_is_inside(x) && !HAS_WARNED.swap(true, Ordering::Relaxed) {{
        eprintln!("{message}; this is said once");
    }}
    nsc_raw(x)
}}
""",
    "raise": _INSIDE
    + _ANSWER
    + """    if !nsc_is_inside(x) {{
        panic!("{message}");
    }}
    nsc_raw(x)
}}
""",
    "clip": _ANSWER
    + """    static LOWS: [f64; {n_inputs}] = {lows};
    static HIGHS: [f64; {n_inputs}] = {highs};
    let mut given = *x;
    for k in 0..{n_inputs} {{
        if given[k] < LOWS[k] {{
            given[k] = LOWS[k];
        }}
        if given[k] > HIGHS[k] {{
            given[k] = HIGHS[k];
        }}
    }}
    nsc_raw(&given)
}}
""",
    "nan": _INSIDE
    + _ANSWER
    + """    if nsc_is_inside(x) {{
        nsc_raw(x)
    }} else {{
        [f64::NAN; {n_outputs}]
    }}
}}
""",
}
"""What is done outside the domain."""

DRIVER = """mod surrogate;

fn main() {{
    assert_eq!(surrogate::nsc_selftest(), 0, "its self-test fails");
    let bytes = std::fs::read("x.bin").unwrap();
    let given: Vec<f64> = bytes
        .chunks_exact(8)
        .map(|b| f64::from_ne_bytes(b.try_into().unwrap()))
        .collect();
    let called = given[0] as usize;
    let (x, apart) = given[2..].split_at(called * {n_inputs});
    let mut y: Vec<f64> = Vec::new();
    for row in x.chunks_exact({n_inputs}) {{
        y.extend::<[f64; {n_outputs}]>({call});
    }}
    let mut many = vec![0.0; called * {n_outputs}];
    surrogate::{batch}(x, &mut many);
    y.extend(many);
    for row in apart.chunks_exact({n_inputs}) {{
        y.extend(surrogate::nsc_raw(row.try_into().unwrap()));
    }}
    let found: Vec<u8> = y.iter().flat_map(|v| v.to_ne_bytes()).collect();
    std::fs::write("y.bin", found).unwrap();
}}
"""
