"""How often a generated function does what: one table of probabilities.

In: nothing. Out: `TASTE`. Non-goals: weighted lists of statements, calls and shapes,
which stand beside what they choose from.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Taste:
    """Probabilities, by what happens with them.

    All are chosen by hand, most while the realism benchmark told generated programs from
    those of the training split (docs/exestack.md); none was measured by itself. Where a
    comment says what real programs do, that is what the value was chosen for. Values
    marked "up to" are cumulative: a number below the first takes the first way, one
    below the second the second, and the last way takes the rest.
    """

    # An author's style.
    typedef: float = 0.3
    float_suffix: float = 0.6
    float_functions: float = 0.6
    asks: float = 0.4  # writes a ? b : c; else only branches
    bare: float = 0.25  # hardly writes numbers
    library_macros: float = 0.6

    # Numbers.
    long_is_whole: float = 0.12
    mixed_common: float = 0.9  # up to: a common number
    mixed_rounded: float = 0.95  # up to: a short decimal; else a long one
    famous: float = 0.4
    other_long: float = 0.7
    at_least_one: float = 0.5

    # Which variable comes next.
    waiting_first: float = 0.35
    unused_first: float = 0.55
    recent_first: float = 0.5
    shuffled: float = 0.5

    # Arithmetic.
    atom_unwrapped: float = 0.7
    square_by_library: float = 0.15
    square_by_pow: float = 0.1

    # A divisor that may be zero.
    one_plus_square: float = 0.25  # up to
    one_plus_absolute: float = 0.35  # up to
    shift_by_whole: float = 0.65  # up to; else a shift that just suffices

    # An argument that must be positive, or within [-1, 1].
    positive_absolute: float = 0.12  # up to
    positive_square: float = 0.5  # up to; else a shift
    unit_by_fmin_fmax: float = 0.04  # up to
    unit_by_clamp: float = 0.3  # up to; else a quotient

    # Idioms with bounded values.
    bounded_conditional: float = 0.2
    window_hat: float = 0.3  # up to: 1 - |x|
    window_parabola: float = 0.5  # up to: 1 - x * x
    window_cosine: float = 0.7  # up to; else a cubic
    size_by_library: float = 0.5
    ending_of_window: float = 0.8  # else of a box
    ending_at_one: float = 0.5
    guarded_sqrt: float = 0.4  # up to
    guarded_pow: float = 0.6  # up to
    guarded_product: float = 0.8  # up to; else the variable itself
    tail_falls: float = 0.5
    extreme_standard: float = 0.4  # fmin and fmax, not a small function
    extreme_absolute: float = 0.1
    limits_are_inputs: float = 0.7
    limited_by_clamp: float = 0.5  # else by ramp
    distribution_gauss: float = 0.35  # up to
    distribution_logistic: float = 0.6  # up to
    distribution_cauchy: float = 0.8  # up to; else an arc tangent
    gauss_halved: float = 0.5
    argument_difference: float = 0.35
    argument_quotient: float = 0.5
    argument_scaled: float = 0.3
    fraction_scaled: float = 0.4

    # Shapes.
    leaf: float = 0.12  # ends an expression before its depth is used up
    leaf_variable: float = 0.95
    equal_factors_scaled: float = 0.6  # 2 * x where x * x was drawn
    divisor_expression: float = 0.6
    call_of_scaled: float = 0.35
    power_whole: float = 0.3
    left_variable: float = 0.75
    right_variable: float = 0.35
    right_variable_bare: float = 0.8
    limit_tiny: float = 0.06
    limit_moved_inside: float = 0.8  # else the comparison depends on nothing
    joined_truths: float = 0.2
    term_added: float = 0.55
    magnitude_root: float = 0.6
    factor_of_complement: float = 0.2
    complement_subtracts: float = 0.5  # 1 - x, not 1 + x
    wave_phase: float = 0.4
    wave_phase_literal: float = 0.6
    wave_scaled: float = 0.5
    wave_scale_literal: float = 0.6
    horner_leads: float = 0.6  # x * (...), not (...) * x
    horner_adds: float = 0.6
    gaussian_centred: float = 0.6
    gaussian_bell: float = 0.6  # else logistic
    clamp_by_library: float = 0.9
    tiny_factor: float = 0.5  # else a tiny number guards a divisor
    lerp_of_difference: float = 0.5
    angle_atan2: float = 0.5
    plain_complement: float = 0.25  # up to
    plain_shifted: float = 0.5  # up to
    plain_degrees: float = 0.75  # up to; else a square
    pick_extreme: float = 0.5  # up to
    pick_absolute: float = 0.75  # up to; else one of two numbers
    conditional_parentheses: float = 0.4

    # Ranges of inputs: mostly (-1, 1), as in the paper.
    ranges_centred: float = 0.72  # up to
    ranges_unit: float = 0.82  # up to: (0, 1); else each its own
    range_known: float = 0.5

    # The plan of a function.
    formula_short: float = 0.07  # no branch, below LONG statements
    formula_long: float = 0.4
    const_inputs: float = 0.45
    const_inputs_alone: float = 0.15  # where the result is all there is
    declares_first: float = 0.3
    first_declares: float = 0.16

    # The result.
    result_waiting: float = 0.6
    result_bounded: float = 0.3  # many real functions have values in [0, 1]
    result_call: float = 0.2
    result_shape: float = 0.4
    result_uses_waiting: float = 0.8  # hardly anything is computed for nothing
    result_uses_unused: float = 0.97  # every input has a role
    unused_paired: float = 0.5
    unused_scaled: float = 0.15
    # few real functions are negative most of the time
    negative_turned: float = 0.8
    result_clamped: float = 0.04  # up to
    result_absolute: float = 0.08  # up to

    # Statements.
    const_local: float = 0.03
    const_local_of_const: float = 0.5  # where inputs are const, too
    assigns_local: float = 0.8  # else an input may be assigned
    returns_expression: float = 0.7  # else a number
    return_braces: float = 0.5
    ladder_braces: float = 0.4
    ladder_flip: float = 0.6
    limit_both: float = 0.6
    split_by_choice: float = 0.5
    split_by_shape: float = 0.5
    ramp_between_variables: float = 0.4
    if_else: float = 0.7
    else_if: float = 0.4
    loop_counts_in: float = 0.4
    series_rational: float = 0.5
    coefficient_positive: float = 0.7
    helper_shape: float = 0.5
    macro_object: float = 0.5
    vector_inline: float = 0.5

    # Which outputs are dropped: few real functions are negative so often, odd or constant.
    drop_negative: float = 0.7
    drop_symmetric: float = 0.7
    drop_constant: float = 0.98


TASTE = Taste()
