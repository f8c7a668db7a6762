"""The types, parameters and helpers of random C functions.

In: a random generator. Out: structs, parameters, what of them can be named.
Non-goals: statements (`wide`).
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from memory import Argument, Row, Struct, Type

HELPERS = """#include <string.h>
#include <math.h>
static double dot(const double *u, const double *v) { return u[0] * 0.5 + v[1]; }
static double clip(double v) { return v < -1 ? -1 : v > 1 ? 1 : v; }
static float total(const float *u, int n) { float s = 0; while (n--) s += u[n]; return s; }
static void maybe(double *w, double v) { if (v > 0.1) *w = v; }
static void swap(double *u, double *v) { double w = *u; *u = *v; *v = w; }
static double *at(double *u, int k) { if (k > 0) return u + 1; return u; }
static double *second(double *u) { return &u[1]; }
static void outer(double *u, double v) { maybe(second(u), v); swap(u, u + 1); }
static void again(double *u, int n) { if (n > 0) { again(u, n - 1); u[1] = n; }
  else *u = 5; }
static void scale(double *u, const double *v, int n, double by) {
  for (int i = 0; i < n; i++) u[i] = v[i] * 0.5 + by; }
static int find(const double *u, double v) {
  for (int i = 0; i < 2; i++) { if (u[i] > v) return i; } return -1; }
static void addf(float *u, const float *v, int n) {
  const float *end = v + n; while (v != end) *u++ += *v++; }
"""
SCALAR_FIELDS = ("double", "double", "float", "int", "unsigned char", "_Bool")
PASSED = ("double", "float", "int", "unsigned", "short", "_Bool", "long long")
BEHIND = 4  # elements that are used, where a pointer to some is passed
POINTED = ("double", "double", "double", "float", "int", "short")


@dataclass(frozen=True)
class Place:
    """A scalar that can be named.

    Args:
        form: with `{}` for each index.
        rooms: how many elements each index can name.
    """

    form: str
    type: str
    rooms: tuple[int, ...] = ()
    writable: bool = True


@dataclass(frozen=True)
class Address:
    """An address of elements.

    Args:
        room: how many lie there.
    """

    form: str
    type: str
    room: int
    rooms: tuple[int, ...] = ()
    writable: bool = True


def struct_type(dice: random.Random, number: int) -> Struct:
    """Make a struct with up to four members."""
    stems = ["a", "b", "c", "d"][: dice.randrange(2, 5)]
    fields: list[tuple[str, Type]] = []
    for stem in stems:
        kind = dice.random()
        if kind < 0.5:
            fields.append((stem, dice.choice(SCALAR_FIELDS)))
        elif kind < 0.75:
            fields.append((stem, Row(dice.choice(["double", "float"]), 3)))
        elif kind < 0.8:
            fields.append((stem, Row(Row("double", 2), 3)))
        elif kind < 0.9:
            pair = (("u", "double"), ("v", dice.choice(["double", "int"])))
            fields.append(
                ("", Struct("", tuple((stem + n, t) for n, t in pair)))
            )
        elif kind < 0.91:
            both = ((f"{stem}1", "double"), (f"{stem}2", "double"))
            fields.append(("", Struct("", both, "union")))
        else:
            fields.append((stem, "double"))
    return Struct(f"S_{number}", tuple(fields))


def places_of(
    ctype: Type, prefix: str, writable: bool, rooms: tuple[int, ...] = ()
) -> list[Place]:
    """List the scalars of a struct behind `p->`, or of an object by its name."""
    if isinstance(ctype, str):
        return [Place(prefix, ctype, rooms, writable)]
    if isinstance(ctype, Row):
        deeper = (*rooms, ctype.length)
        return places_of(ctype.of, prefix + "[{}]", writable, deeper)
    return [
        place
        for name, of in ctype.fields
        for place in places_of(of, prefix + name, writable, rooms)
    ]


def addresses_of(
    ctype: Type, prefix: str, writable: bool, rooms: tuple[int, ...] = ()
) -> list[Address]:
    """List the addresses of elements in an object."""
    if isinstance(ctype, str):
        return []
    if isinstance(ctype, Struct):
        return [
            found
            for name, of in ctype.fields
            for found in addresses_of(of, prefix + name, writable, rooms)
        ]
    if isinstance(ctype.of, str):
        return [Address(prefix, ctype.of, ctype.length, rooms, writable)]
    deeper = (*rooms, ctype.length)
    return addresses_of(ctype.of, prefix + "[{}]", writable, deeper)


def argument(
    dice: random.Random, name: str, struct: Struct | None
) -> tuple[Argument, bool]:
    """Make a parameter, and say whether it can be written through."""
    kind = dice.random()
    if struct and kind < 0.45:
        return _of_struct(dice, name, struct)
    if kind < 0.6:
        ctype = dice.choice(PASSED)
        return Argument(name, f"{ctype} {name}", ctype, "value"), True
    ctype = dice.choice(POINTED)
    if kind < 0.72:
        shape = dice.choice([f"{name}[3][3]", f"{name}[][3]", f"(*{name})[3]"])
        kept = Row(Row(ctype, 3), 3)
        return Argument(name, f"{ctype} {shape}", kept, "array", 3), True
    shape = dice.choice([f"*{name}", f"*{name}", f"{name}[4]", f"{name}[]"])
    kept = Row(ctype, BEHIND + (1 if "[4]" in shape else 4))
    is_constant = dice.random() < 0.25
    word = "const " if is_constant else ""
    made = Argument(name, f"{word}{ctype} {shape}", kept, "array", BEHIND)
    return made, not is_constant


def _of_struct(
    dice: random.Random, name: str, struct: Struct
) -> tuple[Argument, bool]:
    kind = dice.random()
    of = struct.name
    if kind < 0.5:
        return Argument(name, f"{of} *{name}", struct, "address", 1), True
    if kind < 0.65:
        return Argument(name, f"const {of} *{name}", struct, "address"), False
    if kind < 0.8:
        return Argument(name, f"{of} {name}", struct, "value"), True
    kept = Row(struct, 3)
    return Argument(name, f"{of} {name}[2]", kept, "array", 2), True
