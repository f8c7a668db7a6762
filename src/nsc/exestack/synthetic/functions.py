"""Whole random C functions: declarations, branches, loops, helpers, macros, tables, in one author's style.

In: a seed. Out: C text. Non-goals: whether the function behaves (dataset.py decides by evaluation).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from nsc.exestack.synthetic.expressions import ATOM, Dice, Expression, Ranges, Style, Writer, named
from nsc.exestack.synthetic.library import Library, replaced
from nsc.exestack.synthetic.shapes import SHAPES, call, condition, expression, horner_in
from nsc.exestack.synthetic.statements import (
    Statement,
    announced,
    assigned,
    below,
    declared,
    either,
    element,
    loop,
    returned,
)
from nsc.exestack.synthetic.vectors import CALLS
from nsc.exestack.synthetic.vectors import call as vector_call
from nsc.program.ctype import DOUBLE, FLOAT, Array, Scalar
from nsc.program.dag import EMPTY, Ast, Definitions

_INPUT_NAMES = """x y z a b c d t u v w r s p q k m n e f g h x0 x1 x2 y0 y1 z0 z1 dx dy dz px py qx qy alpha beta
    gamma_ theta phi lambda mu sigma nu eps begin change duration value val factor freq rate temp scale
    offset low high angle len width height amp bias gain lat lon red green blue hue mass radius energy""".split()
_LOCAL_NAMES = """res result ret tmp t1 t2 t3 sum acc total d1 d2 rr r2 xx yy zz aux out num den p1 p2 c1 c2 s1 fac
    term delta diff dist ratio norm prod base f1 f2 g1 u1 v1 h1 w1 inv arg expo""".split()
_FUNCTION_NAMES = """sobel fn calc eval compute dist lerp smooth pdf cdf interp noise ease func get_value weight
    kernel response curve blend shade convert luminance distance project rotate filter estimate score""".split()
_VECTOR_NAMES = "vec pos dir pt va vb axis row".split()
_BOXES = (
    (0.0, 1.0),
    (0.0, 1.0),
    (0.0, 2.0),
    (-2.0, 2.0),
    (-3.0, 3.0),
    (0.0, 5.0),
    (0.0, 10.0),
    (-3.15, 3.15),
    (1.0, 4.0),
)
_ARITY = (45, 19, 14, 9, 4, 4, 3, 3, 3)
_STEPS = ((0.5, 1.5), (1.0, 2.0), (0.25, 0.5, 0.75), (0.5,), (1.0,), (-0.5, 0.5), (0.0, 0.5), (-1.0, 0.0, 1.0))
_LARGE = 12.0  # a result that may be larger is written anew


class Written(NamedTuple):
    """A random C function: its text, the range of each input, its name, the type of all its values, its syntax."""

    text: str
    ranges: Ranges
    name: str
    type: Scalar
    definitions: Definitions


def write_function(r: Dice) -> Written:
    """Write a random C function."""
    return _Author(r).write()


def draw_ranges(r: Dice, inputs: list[str]) -> Ranges:
    """Draw a domain: mostly (-1, 1) as the paper, else (0, 1) for all, or a box of mixed ranges."""
    u = r.random()
    if u < 0.72:
        return dict.fromkeys(inputs, (-1.0, 1.0))
    if u < 0.82:
        return dict.fromkeys(inputs, (0.0, 1.0))
    return {name: _draw_range(r) for name in inputs}


def _draw_range(r: Dice) -> tuple[float, float]:
    if r.random() < 0.5:
        return r.choice(_BOXES)
    lo = round(r.uniform(-2, 2), 2)
    return lo, round(lo + 10 ** r.uniform(-1, 0.8), 2)


class _Author:
    """One author, one function. Statements change `w.scope`: names in scope and their ranges."""

    def __init__(self, r: Dice):
        self.r = r
        self.style = Style.draw(r)
        self.n_inputs = r.choices(range(1, 10), _ARITY)[0]
        self.inputs = r.sample(_INPUT_NAMES, self.n_inputs)
        self.ranges = draw_ranges(r, self.inputs)
        self.library = Library(r, self.style)
        self.w = Writer(r, self.style, self.inputs, self.library, self.ranges)
        self.locals: list[str] = []
        self.const_inputs = r.random() < 0.35
        self.fixed: set[str] = set(self.inputs) if self.const_inputs else set()  # const: never assigned
        self.before: list[str] = []  # file-level text: macros, tables, helpers
        self.type = DOUBLE if self.style.scalar == "double" else FLOAT
        self.vectors = 1
        self.late: list[str] | None = [] if r.random() < 0.3 else None  # locals, where all are declared in one line
        self.helpers: dict[str, Ast] = {}
        self.tables: list[Ast] = []

    def write(self) -> Written:
        r = self.r
        count = r.choices((0, 1, 2, 3, 4, 6, 9), (35, 16, 13, 11, 9, 9, 7))[0]
        body = [statement for k in range(count) for statement in self._statements(first=k == 0)]
        body.append(returned(self._result(bool(body)), "return {};"))
        name = r.choice(_FUNCTION_NAMES)
        const = "const " if self.const_inputs else ""
        parameters = ", ".join(f"{const}{self.style.ctype} {p}" for p in self.inputs)
        head = f"{r.choice(('', 'static ', 'static ', 'static inline '))}{self.style.ctype} {name}({parameters})"
        if self.late:
            body.insert(0, announced(self.style.ctype, self.late, self.type))
        lines = "\n".join("  " + statement.text for statement in body)
        typed = f"typedef {self.style.scalar} {self.style.ctype};\n"
        first = [typed] if self.style.ctype != self.style.scalar else []
        text = "\n".join([*first, self.library.before("\n".join([*self.before, f"{head} {{\n{lines}\n}}", ""]))])
        functions = self.library.functions | self.helpers
        functions[name] = self._function(self.inputs, [statement.ast for statement in body])
        return Written(text, self.ranges, name, self.type, Definitions(functions, tuple(self.tables)))

    def _function(self, parameters: list[str], body: list[Ast]) -> Ast:
        return Ast("function", (), (tuple((p, self.type) for p in parameters), self.type, Ast("block", tuple(body))))

    def _result(self, has_body: bool) -> Expression:
        w, r = self.w, self.r
        unused = list(w.unused)
        for _ in range(4):
            w.unused[:] = unused
            if has_body and self.locals and r.random() < 0.4:
                out = w.use(self.locals[-1])
            elif r.random() < 0.2:
                out = call(w, 2)
            elif r.random() < 0.4:
                out = r.choice(SHAPES)(w, 2)
            else:
                out = expression(w, r.choice((0, 1, 2, 2, 3)) if has_body else r.choice((1, 2, 2, 3, 4)))
            if max(-out.lo, out.hi) < _LARGE:
                break
        while w.unused and r.random() < 0.97:  # every input has a role
            v = w.use(r.choice(w.unused))
            if w.unused and r.random() < 0.5:
                v = w.mul(v, w.use(r.choice(w.unused)))
            if r.random() < 0.15:
                v = w.mul(w.literal(hi=2), v)
            out = r.choice((w.add, w.sub, w.sub, w.mul, w.mul, w.mul))(out, v)
        return w.absolute(out) if r.random() < 0.06 else out

    def _statements(self, *, first: bool) -> list[Statement]:
        u = self.r.random()
        if first and u < 0.3 or u < 0.17:
            return [self._declare()]
        if u < 0.22:
            return [self._assign()]
        if u < 0.29:
            return self._vector()
        if u < 0.45:
            return [self._early_return()]
        if u < 0.6:
            return [self._if()]
        if u < 0.68:
            return self._ladder()
        if u < 0.74:
            return [self._limit()]
        if u < 0.78:
            return self._split()
        if u < 0.82:
            return [self._for()]
        if u < 0.92:
            return [self._helper()]
        return [self._table() if u < 0.93 else self._macro()]

    def _fresh(self, pool: list[str]) -> str:
        taken = set(self.w.scope) | set(_FUNCTION_NAMES)
        return self.r.choice([n for n in pool if n not in taken])

    def _declare(self, value: Expression | None = None) -> Statement:
        name = self._fresh(_LOCAL_NAMES)
        value = value or expression(self.w, self.r.choice((1, 2, 2, 3)))
        self.w.scope[name] = (value.lo, value.hi)
        self.w.recent.append(name)
        self.locals.append(name)
        if self.late is not None:
            self.late.append(name)
            return Statement(f"{name} = {value.text};", assigned(named(name, value.lo, value.hi), "=", value))
        const = "const " if self.r.random() < 0.1 else ""
        if const:
            self.fixed.add(name)
        return Statement(f"{const}{self.style.ctype} {name} = {value.text};", declared(name, self.type, value.ast))

    def _mutable(self) -> str | None:
        pool = self.locals if self.locals and self.r.random() < 0.8 else list(self.w.scope)
        pool = [n for n in pool if n in self.w.scope and n not in self.w.unused and n not in self.fixed]
        return self.r.choice(pool) if pool else None

    def _assign(self) -> Statement:
        name = self._mutable()
        if name is None:
            return self._declare()
        old = named(name, *self.w.scope[name])
        value = expression(self.w, self.r.choice((0, 1, 1, 2)))
        operator = self.r.choice(("=", "+=", "-=", "*="))
        new = {"=": lambda: value, "+=": lambda: self.w.add(old, value), "-=": lambda: self.w.sub(old, value),
               "*=": lambda: self.w.mul(old, value)}[operator]()  # fmt: skip
        lo, hi = self.w.scope[name]
        self.w.scope[name] = (min(lo, new.lo), max(hi, new.hi))
        return Statement(f"{name} {operator} {value.text};", assigned(old, operator, value))

    def _early_return(self) -> Statement:
        test = condition(self.w, 1)
        value = self.w.constant(self.r.choice((0.0, 0.0, 0.0, 1.0, 1.0, -1.0)))
        if self.r.random() < 0.5:
            value = expression(self.w, self.r.choice((1, 1, 2)))
        return self._leave(test, value, self.r.random() < 0.5)

    def _leave(self, test: Expression, value: Expression, braces: bool) -> Statement:
        form = f"if ({test.text}) " + ("{{\n    return {};\n  }}" if braces else "return {};")
        leave = returned(value, form)
        return Statement(leave.text, Ast("if", (test.ast, leave.ast, EMPTY)))

    def _ladder(self) -> list[Statement]:
        """if (x < 0) x = -x; if (x < 0.5) return 0.75 - x * x; if (x < 1.5) ...: a function in pieces"""
        r, w = self.r, self.w
        x = w.variable()
        out, braces = [], r.random() < 0.4
        if x.text not in self.fixed and x.lo < 0 and r.random() < 0.6:
            zero, body = w.constant(0.0), assigned(x, "=", w.negate(x))
            flip = f"if ({x.text} < {zero.text}) {x.text} = -{x.text};"
            out.append(Statement(flip, Ast("if", (below(x, zero.ast), body, EMPTY))))
            w.scope[x.text] = (0.0, max(-x.lo, x.hi))
            x = w.use(x.text)
        for step in r.choice(_STEPS):
            at = w.constant(step)
            test = Expression(f"{x.text} < {at.text}", 5, 0.0, 1.0, below(x, at.ast))
            splits = x.lo < step < x.hi  # else one side is all there is: a number would make a constant function
            first, *rest = w.coefficients(r.choice((1, 1, 2, 3) if splits else (2, 3)))
            out.append(self._leave(test, horner_in(w, x, first, rest), braces))
        return out

    def _limit(self) -> Statement:
        """if (x < lo) x = lo; else if (x > hi) x = hi;"""
        name = self._mutable()
        if name is None:
            return self._declare()
        x, both = named(name, *self.w.scope[name]), self.r.random() < 0.6
        lo, hi = self.w.constant(self.r.choice((0.0, 0.0, -1.0, -0.5))), self.w.constant(self.r.choice((1.0, 1.0, 0.5)))
        text = f"if ({name} < {lo.text}) {name} = {lo.text};"
        other = EMPTY
        if both:
            text += f"{self.r.choice((' ', chr(10) + '  '))}else if ({name} > {hi.text}) {name} = {hi.text};"
            other = Ast("if", (Ast("binary", (x.ast, hi.ast), ">"), assigned(x, "=", hi), EMPTY))
        self.w.scope[name] = (max(x.lo, lo.lo), max(lo.lo, min(x.hi, hi.lo) if both else x.hi))
        return Statement(text, Ast("if", (below(x, lo.ast), assigned(x, "=", lo), other)))

    def _vector(self) -> list[Statement]:
        """float v1[3], v2[3]; v1[0] = x; ...; float d = dot_v3(v1, v2);"""
        r, w = self.r, self.w
        name, length = r.choice(CALLS), r.choice((2, 2, 3))
        names = [f"{r.choice(_VECTOR_NAMES)}{self.vectors + k}" for k in range(1 if name == "len" else 2)]
        self.vectors += 2
        vectors = [(n, [expression(w, r.choice((0, 0, 0, 1))) for _ in range(length)]) for n in names]
        if [e.text for e in vectors[0][1]] == [e.text for e in vectors[-1][1]]:
            vectors[-1] = (names[-1], [w.literal() for _ in range(length)])
        needed, called = vector_call(r, self.style, name, vectors)
        for function, (text, syntax) in needed.items():
            self.library.texts.setdefault(function, text)
            self.library.functions[function] = syntax
        ast = Ast("declare", tuple((n, Array(self.type, length), None) for n in names))
        made = [Statement(f"{self.style.ctype} {', '.join(f'{n}[{length}]' for n in names)};", ast)]
        for n, parts in vectors:
            for k, part in enumerate(parts):
                cell = element(n, k, part.lo, part.hi)
                made.append(Statement(f"{cell.text} = {part.text};", assigned(cell, "=", part)))
        return [*made, self._declare(called)]

    def _split(self) -> list[Statement]:
        """double y; if (x < 0.75) { y = polynomial; } else { y = another; }"""
        w, r = self.w, self.r
        name = self._fresh(_LOCAL_NAMES)
        test = condition(w, 1)
        values = [r.choice(SHAPES)(w, 1) if r.random() < 0.5 else expression(w, r.choice((1, 2))) for _ in range(2)]
        w.scope[name] = (min(v.lo for v in values), max(v.hi for v in values))
        w.recent.append(name)
        self.locals.append(name)
        y = named(name, *w.scope[name])
        made = either(test, *(Statement(f"{name} = {v.text};", assigned(y, "=", v)) for v in values))
        if self.late is not None:
            self.late.append(name)
            return [made]
        return [announced(self.style.ctype, [name], self.type), made]

    def _if(self) -> Statement:
        if not self.locals:
            return self._declare()
        if self._mutable() is None:
            return self._early_return()
        test = condition(self.w, 1)
        yes, no = self._assign(), self._assign() if self.r.random() < 0.7 else None
        if no and self.r.random() < 0.4:  # else if
            other, last = condition(self.w, 1), self._assign()
            return either(test, yes, either(other, no, last), chained=True)
        return either(test, yes, no)

    def _for(self) -> Statement:
        r, w = self.r, self.w
        sums = [name for name in self.locals if name not in self.fixed]
        if not sums:
            return self._declare()
        name, counter = sums[-1], r.choice("ijk")
        if counter in w.scope:
            return self._assign()
        trips = r.choice((2, 3, 3, 4, 5, 6, 8))
        w.scope[counter] = (0.0, float(trips - 1))
        operator = r.choice(("+=", "+=", "-=", "*="))
        step = expression(w, r.choice((1, 2)))
        if operator == "*=":
            step = w.unit(step)
        if r.random() < 0.4:
            step = w.mul(named(counter, *w.scope[counter]), step)
        del w.scope[counter]
        lo, hi = w.scope[name]
        reach = trips * max(abs(step.lo), abs(step.hi)) if operator != "*=" else max(abs(lo), abs(hi)) * trips
        w.scope[name] = (min(lo - reach, lo), max(hi + reach, hi))
        head = f"for (int {counter} = 0; {counter} < {trips}; {r.choice(('++{0}', '{0}++')).format(counter)})"
        body = assigned(named(name, lo, hi), operator, step)
        return Statement(f"{head} {{\n    {name} {operator} {step.text};\n  }}", loop(counter, trips, body))

    def _helper(self) -> Statement:
        """Move an expression into a static function of its own and call it."""
        name = "helper_" + self.r.choice(_LOCAL_NAMES)
        count = self.r.randint(1, 3)
        parameters = self.r.sample([n for n in _INPUT_NAMES if n not in self.w.scope], count)
        arguments = [self.w.unit(expression(self.w, self.r.choice((0, 0, 1)))) for _ in parameters]
        inner = Writer(self.r, self.style, parameters, self.library)
        value = self.r.choice(SHAPES)(inner, 2) if self.r.random() < 0.5 else expression(inner, 3)
        if name in self.helpers:
            return self._declare()
        self.helpers[name] = self._function(parameters, [returned(value, "").ast])
        listed = ", ".join(f"{self.style.ctype} {p}" for p in parameters)
        self.before.append(f"static {self.style.ctype} {name}({listed}) {{\n  return {value.text};\n}}\n")
        called = f"{name}({', '.join(a.text for a in arguments)})"
        ast = Ast("call", tuple(a.ast for a in arguments), name)
        return self._declare(Expression(called, ATOM, value.lo, value.hi, ast))

    def _table(self) -> Statement:
        """Sum a small table against a variable."""
        name = self.r.choice(("coef", "weights", "table", "lut")) + str(len(self.before))
        values = [self.w.literal(hi=3) for _ in range(self.r.randint(2, 5))]
        listed = ", ".join(v.text for v in values)
        self.before.append(f"static const {self.style.ctype} {name}[{len(values)}] = {{{listed}}};\n")
        filled = Ast("initialiser", tuple(((), v.ast) for v in values))
        self.tables.append(declared(name, Array(self.type, len(values)), filled))
        k = self.r.randrange(len(values))
        cell = element(name, k, values[k].lo, values[k].hi)
        return self._declare(self.w.mul(cell, expression(self.w, 1)))

    def _macro(self) -> Statement:
        """Define a macro, object-like or function-like, and use it."""
        name = self.r.choice(("SCALE", "GAIN", "FACTOR", "LIMIT")) + str(len(self.before))
        if self.r.random() < 0.5:
            value = self.w.literal(hi=4)
            self.before.append(f"#define {name} {value.text}\n")
            return self._declare(self.w.mul(value._replace(text=name), expression(self.w, 1)))
        inner = Writer(self.r, self.style, ["A"], self.library)
        body = expression(inner, 2)
        spelled = re.sub(r"\bA\b", "(A)", body.text)
        self.before.append(f"#define {name}(A) ({spelled})\n")
        argument = self.w.unit(expression(self.w, 1))
        ast = replaced(body.ast, {"A": argument.ast})
        return self._declare(Expression(f"{name}({argument.text})", ATOM, body.lo, body.hi, ast))
