"""Random C functions of one signature: pointers, rows, a struct.

In: a random generator. Out: a function's text, after `PRELUDE`.
Non-goals: other signatures and types (`wide`), checking (`signatures`, `exports`).
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

ROOM = {"o": 8, "r": 9, "t": 3}  # elements behind each object's pointer
CONDITIONS = (
    "x > 0",
    "y > 0.3",
    "x < y",
    "o[1] > 0",
    "p->x < x",
    "r[1][1] > 0",
)
MEMORY = (
    ["x", "y"]
    + [f"o[{k}]" for k in range(8)]
    + [f"r[{i}][{j}]" for i in range(3) for j in range(3)]
    + ["p.x", "p.y", "p.t[0]", "p.t[1]", "p.t[2]"]
)
PRELUDE = """#include <string.h>
typedef struct { double x, y; double t[3]; } P;
static double dot(const double *u, const double *v) { return u[0] * v[1] + u[1]; }
static void cross(const double u[3], const double v[3], double w[3]) {
  w[0] = u[1] * v[2] - v[1]; w[1] = u[2] * v[0] - u[0]; w[2] = u[0] - u[1] * v[0]; }
static void maybe(double *w, double v) { if (v > 0.1) *w = v; }
static void both(double *w, double v) { if (v > 0.1) *w = v; else w[0] = 1; w[1] = v; }
static void swap(double *u, double *v) { double w = *u; *u = *v; *v = w; }
static double *at(double *u, int k) { if (k > 0) return u + 1; return u; }
static double *second(double *u) { return &u[1]; }
static void outer(double *u, double v) { maybe(second(u), v); swap(u, u + 1); }
static void set(P *q, double v) { P s = {v, 1, {v, 2, 3}}; if (v > 0) *q = s; }
static void make(P *q, const P *s) { P n = {s->y, s->t[0], {s->x, 1, 2}}; *q = n; }
static void again(double *u, int n) { if (n > 0) { again(u, n - 1); u[1] = n; }
  else *u = 5; }
"""
HEAD = "double f(double x, double y, double *o, double r[3][3], P *p)"


@dataclass
class Author:
    """Writes the statements of one function.

    Args:
        room: how many elements lie behind each local pointer.
    """

    dice: random.Random
    room: dict[str, int] = field(default_factory=dict[str, int])
    counters: list[str] = field(default_factory=list[str])
    names: int = 0

    def name(self, stem: str) -> str:
        self.names += 1
        return f"{stem}{self.names}"

    def index(self, room: int) -> str:
        if self.counters and room >= 3 and self.dice.random() < 0.6:
            return self.dice.choice(self.counters)
        return str(self.dice.randrange(min(room, 3)))

    def lvalue(self) -> str:
        d = self.dice
        forms = [
            f"o[{self.index(8)}]",
            f"*(o + {self.index(8)})",
            f"r[{self.index(3)}][{self.index(3)}]",
            "p->x",
            "(*p).y",
            f"p->t[{self.index(3)}]",
        ]
        for pointer, room in self.room.items():
            forms += [f"{pointer}[{self.index(room)}]", f"*{pointer}"]
        return d.choice(forms)

    def value(self, depth: int = 0) -> str:
        d = self.dice
        kind = d.random()
        if depth > 2 or kind < 0.35:
            return d.choice(["x", "y", "1.5", "0.25"])
        if kind < 0.65:
            return self.lvalue()
        if kind < 0.7:
            return (
                f"({d.choice(CONDITIONS)} ? {self.value(3)} : {self.value(3)})"
            )
        if kind < 0.75:
            return f"dot({self.pointer(2)}, {self.pointer(2)})"
        return f"({self.value(depth + 1)} {d.choice('+-')} {self.value(depth + 1)})"

    def pointer(self, need: int) -> str:
        """Write a pointer behind which some elements lie."""
        d = self.dice
        forms = [
            f"&o[{d.randrange(4)}]",
            f"o + {d.randrange(4)}",
            f"r[{d.randrange(3)}]",
            "p->t",
            "&r[0][0]",
            "o",
        ]
        forms += [
            pointer for pointer, room in self.room.items() if room >= need
        ]
        return d.choice(forms)

    def simple(self) -> str:
        d = self.dice
        kind = d.randrange(12)
        if kind < 4:
            operator = d.choice(["=", "=", "=", "+=", "-="])
            return f"{self.lvalue()} {operator} {self.value()};"
        if kind == 4:
            return f"memcpy({self.pointer(3)}, t, {d.choice(['sizeof t', '16'])});"
        if kind == 5:
            return f"memset({self.pointer(3)}, 0, {d.randrange(4)} * sizeof(double));"
        if kind == 6:
            return f"memmove({self.pointer(2)}, {self.pointer(2)}, 2 * sizeof *o);"
        if kind == 7:
            return f"{d.choice(CONDITIONS)} && ({self.lvalue()} = {self.value()});"
        if kind == 8:
            return f"t[(int)({self.value(3)} > 0)]++;"
        return self.call()

    def call(self) -> str:
        d = self.dice
        return d.choice(
            [
                f"cross({self.pointer(3)}, {self.pointer(3)}, {self.pointer(3)});",
                f"maybe({self.pointer(1)}, {self.value()});",
                f"both({self.pointer(2)}, {self.value()});",
                f"swap({self.pointer(1)}, {self.pointer(1)});",
                f"*at({self.pointer(2)}, (int)({self.value()} > 0)) = {self.value()};",
                f"*second({self.pointer(2)}) = {self.value()};",
                f"outer({self.pointer(2)}, {self.value()});",
                f"set(p, {self.value()});",
                "make(p, p);",
                "make(p, &s);",
                f"s = *p; s.t[{self.index(3)}] = {self.value()};",
                "*p = s;",
                f"again({self.pointer(2)}, {d.randrange(3)});",
            ]
        )

    def derive(self) -> str:
        """Declare a pointer, and perhaps move it."""
        d = self.dice
        name = self.name("q")
        chosen = self.pointer(3)
        if d.random() < 0.3:
            chosen = f"{d.choice(CONDITIONS)} ? {chosen} : {self.pointer(3)}"
        text = f"double *{name} = {chosen};"
        moved = d.choice(["", f" {name}++;", f" *{name}++ = {self.value()};"])
        if d.random() < 0.2:
            moved = f" if ({d.choice(CONDITIONS)}) {name} = {self.pointer(3)};"
        self.room[name] = 2 if "++" in moved else 3
        return text + moved

    def block(self, depth: int, statements: int) -> str:
        outer = dict(self.room)
        lines = [self.statement(depth) for _ in range(statements)]
        self.room = outer
        return "{ " + " ".join(lines) + " }"

    def statement(self, depth: int) -> str:
        d = self.dice
        kind = d.random()
        if depth > 2 or kind < 0.45:
            return self.simple()
        if kind < 0.57:
            return self.derive()
        inner = d.randrange(1, 3)
        condition = d.choice(CONDITIONS)
        if kind < 0.75:
            text = f"if ({condition}) {self.block(depth + 1, inner)}"
            if d.random() < 0.6:
                text += f" else {self.block(depth + 1, inner)}"
            return text
        if kind < 0.87:
            return self.loop(depth, inner)
        if kind < 0.93:
            return self.switch(depth, inner)
        jump = [f"return {self.value()};", "goto end;"]
        if self.counters:
            jump += ["break;", "continue;"]
        return f"if ({condition}) {{ {self.simple()} {d.choice(jump)} }}"

    def loop(self, depth: int, inner: int) -> str:
        d = self.dice
        i = self.name("i")
        self.counters.append(i)
        body = self.block(depth + 1, inner)
        self.counters.pop()
        head = d.choice(
            [
                f"for (int {i} = 0; {i} < 3; {i}++)",
                f"for (int {i} = 2; {i} >= 0; --{i})",
                f"for (int {i} = 0; {i} < (x > 0 ? 3 : 1); {i}++)",
                f"for (int {i} = 0; {i} < 3 && {d.choice(CONDITIONS)}; {i} += 1)",
            ]
        )
        if d.random() < 0.2:
            return f"int {i} = 3; while ({i}-- > 0) {body}"
        if d.random() < 0.2:
            return f"unsigned {i} = 0; do {body} while (++{i} < 3);"
        return f"{head} {body}"

    def switch(self, depth: int, inner: int) -> str:
        d = self.dice
        counters = self.counters
        self.counters = []  # a break would leave the switch alone
        cases = [
            f"case {k}: {self.block(depth + 1, inner)}"
            + d.choice([" break;", " break;", ""])
            for k in range(2)
        ]
        if d.random() < 0.7:
            cases.append(f"default: {self.block(depth + 1, inner)}")
        self.counters = counters
        return f"switch ((int)(2 * x + 1)) {{ {' '.join(cases)} }}"

    def function(self) -> str:
        lines = [self.statement(0) for _ in range(self.dice.randrange(2, 7))]
        body = " ".join(
            ["double t[3] = {x, y, 2}; P s = {x, y, {1, x, 2}};", *lines]
        )
        return f"{HEAD} {{ {body} end: return t[0] + y; }}"
