"""Whole random C functions: declarations, branches, loops, helpers, macros, tables, in
one author's style.

In: a seed. Out: C text. Non-goals: whether the function behaves (dataset.py decides by
evaluation).
"""

from __future__ import annotations

import math
import re

from nsc.exestack.synthetic.bounded import bounded, choice, comparison
from nsc.exestack.synthetic.expressions import (
    ATOM,
    PRODUCT,
    Dice,
    Expression,
    Style,
    Writer,
    binary,
    named,
)
from nsc.exestack.synthetic.inputs import (
    FUNCTION_NAMES,
    INPUT_NAMES,
    LOCAL_NAMES,
    VECTOR_NAMES,
    draw_ranges,
)
from nsc.exestack.synthetic.library import Library, replaced
from nsc.exestack.synthetic.shapes import call, condition, expression, horner_in, shape
from nsc.exestack.synthetic.statements import (
    Statement,
    Written,
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
from nsc.symbolic import EMPTY, Ast, Definitions
from nsc.syntax import DOUBLE, FLOAT, Array

_ARITY = (45, 20, 15, 11, 4, 4, 2, 2, 2)
_STEPS = (
    (0.5, 1.5),
    (1.0, 2.0),
    (0.25, 0.5, 0.75),
    (0.5,),
    (1.0,),
    (-0.5, 0.5),
    (0.0, 0.5),
    (-1.0, 0.0, 1.0),
)
_STATEMENTS = (
    (22, "_declare"),
    (8, "_assign"),
    (3, "_vector"),
    (9, "_early_return"),
    (12, "_if"),
    (5, "_ladder"),
    (6, "_limit"),
    (9, "_split"),
    (4, "_ramp"),
    (4, "_for"),
    (2, "_series"),
    (6, "_helper"),
    (1, "_table"),
    (8, "_macro"),
)
_FORMULA = (  # line by line, without a branch
    (12, "_declare"),
    (3, "_assign"),
    (2, "_series"),
    (1, "_macro"),
    (1, "_vector"),
)
_RAMPS = (
    (0.0, 1.0),
    (0.0, 1.0),
    (0.0, 0.5),
    (0.5, 1.0),
    (0.2, 0.8),
    (0.25, 0.75),
    (-0.5, 0.5),
    (-1.0, 1.0),
)
_LARGE = 12.0  # a result that may be larger is written anew


def write_function(r: Dice) -> Written:
    """Write a random C function."""
    return _Author(r).write()


def _set(name: str, value: Expression) -> Statement:
    return Statement(
        f"{name} = {value.text};", assigned(named(name, value.lo, value.hi), "=", value)
    )


class _Author:
    """One author, one function. Statements change `w.scope`: names in scope and their
    ranges.
    """

    def __init__(self, r: Dice):
        self.r = r
        self.style = Style.draw(r)
        self.n_inputs = r.choices(range(1, 10), _ARITY)[0]
        self.inputs = r.sample(INPUT_NAMES, self.n_inputs)
        self.ranges = draw_ranges(r, self.inputs)
        self.library = Library(r, self.style)
        self.w = Writer(r, self.style, self.inputs, self.library, self.ranges)
        self.locals: list[str] = []
        self.length = r.choices(
            (0, 1, 2, 3, 4, 6, 9, 14, 20), (42, 17, 13, 10, 8, 7, 5, 3, 1.5)
        )[0]
        self.is_formula = r.random() < (0.07 if self.length < 6 else 0.4)
        self.const_inputs = r.random() < (0.45 if self.length else 0.15)
        # const: never assigned
        self.fixed: set[str] = set(self.inputs) if self.const_inputs else set()
        self.before: list[str] = []  # file-level text: macros, tables, helpers
        self.type = DOUBLE if self.style.scalar == "double" else FLOAT
        self.vectors = 1
        # locals, where all are declared in one line
        self.late: list[str] | None = [] if r.random() < 0.3 else None
        self.helpers: dict[str, Ast] = {}
        self.tables: list[Ast] = []

    def write(self) -> Written:
        r = self.r
        body = [
            statement
            for k in range(self.length)
            for statement in self._statements(first=k == 0)
        ]
        body.append(returned(self._result(bool(body)), "return {};"))
        name = r.choice(FUNCTION_NAMES)
        const = "const " if self.const_inputs else ""
        parameters = ", ".join(f"{const}{self.style.ctype} {p}" for p in self.inputs)
        head = (
            f"{r.choice(('', '', 'static ', 'static inline '))}{self.style.ctype}"
            f" {name}({parameters})"
        )
        if self.late:
            body.insert(0, announced(self.style.ctype, self.late, self.type))
        lines = "\n".join("  " + statement.text for statement in body)
        typed = f"typedef {self.style.scalar} {self.style.ctype};\n"
        first = [typed] if self.style.ctype != self.style.scalar else []
        text = "\n".join(
            [
                *first,
                self.library.before(
                    "\n".join([*self.before, f"{head} {{\n{lines}\n}}", ""])
                ),
            ]
        )
        functions = self.library.functions | self.helpers
        functions[name] = self._function(
            self.inputs, [statement.ast for statement in body]
        )
        return Written(
            text,
            self.ranges,
            name,
            self.type,
            Definitions(functions, tuple(self.tables)),
        )

    def _function(self, parameters: list[str], body: list[Ast]) -> Ast:
        return Ast(
            "function",
            (),
            (
                tuple((p, self.type) for p in parameters),
                self.type,
                Ast("block", tuple(body)),
            ),
        )

    def _result(self, has_body: bool) -> Expression:  # noqa: C901
        w = self.w
        r = self.r
        unused = list(w.unused)
        waiting = list(w.waiting)
        for _ in range(4):
            w.unused[:] = unused
            w.waiting[:] = waiting
            if w.waiting and r.random() < 0.6:
                out = w.use(w.waiting[-1])
            elif r.random() < 0.3:  # many real functions have values in [0, 1]
                out = bounded(w)
            elif r.random() < 0.2:
                out = call(w, 2)
            elif r.random() < 0.4:
                out = shape(w, 2)
            else:
                out = expression(
                    w,
                    (
                        r.choice((0, 1, 2, 2, 3))
                        if has_body
                        else r.choice((1, 1, 1, 2, 2, 3, 4))
                    ),
                )
            if max(-out.lo, out.hi) < _LARGE:
                break
        while w.waiting and r.random() < 0.8:  # hardly anything is computed for nothing
            out = r.choice((w.add, w.sub, w.mul, w.mul))(out, w.use(w.waiting[-1]))
        while w.unused and r.random() < 0.97:  # every input has a role
            v = w.use(r.choice(w.unused))
            if w.unused and r.random() < 0.5:
                v = w.mul(v, w.use(r.choice(w.unused)))
            if not self.style.bare and r.random() < 0.15:
                v = w.mul(w.literal(hi=2), v)
            out = r.choice((w.add, w.sub, w.sub, w.mul, w.mul, w.mul, w.mul, w.mul))(
                out, v
            )
        # few real functions are negative most of the time
        if out.hi < -0.3 * out.lo and r.random() < 0.8:
            out = w.negate(out)
        u = r.random()
        if u < 0.04:
            return self.library.call("clamp", out, w.constant(0.0), w.constant(1.0))
        return w.absolute(out) if u < 0.08 else out

    def _statements(self, *, first: bool) -> list[Statement]:
        if first and self.r.random() < 0.16:
            return [self._declare()]
        kinds = _FORMULA if self.is_formula else _STATEMENTS
        made = getattr(self, self.style.taste.choose("statement", kinds))()
        return made if isinstance(made, list) else [made]

    def _introduce(self, name: str) -> None:
        self.locals.append(name)
        self.w.recent.append(name)
        self.w.waiting.append(name)

    def _fresh(self, pool: list[str]) -> str:
        taken = set(self.w.scope) | set(FUNCTION_NAMES)
        free = [n for n in pool if n not in taken] or [
            f"{n}_{len(taken)}" for n in pool
        ]
        return self.r.choice(free)

    def _declare(
        self, value: Expression | None = None, *, changes: bool = False
    ) -> Statement:
        name = self._fresh(LOCAL_NAMES)
        value = value or expression(self.w, self.r.choice((1, 2, 2, 3, 3)))
        self.w.scope[name] = (value.lo, value.hi)
        self._introduce(name)
        if self.late is not None:
            self.late.append(name)
            return _set(name, value)
        const = (
            "const "
            if not changes and self.r.random() < (0.5 if self.const_inputs else 0.03)
            else ""
        )
        if const:
            self.fixed.add(name)
        return Statement(
            f"{const}{self.style.ctype} {name} = {value.text};",
            declared(name, self.type, value.ast),
        )

    def _mutable(self) -> str | None:
        pool = (
            self.locals if self.locals and self.r.random() < 0.8 else list(self.w.scope)
        )
        pool = [
            n
            for n in pool
            if n in self.w.scope and n not in self.w.unused and n not in self.fixed
        ]
        return self.r.choice(pool) if pool else None

    def _assign(self) -> Statement:
        name = self._mutable()
        if name is None:
            return self._declare()
        old = named(name, *self.w.scope[name])
        value = expression(self.w, self.r.choice((0, 1, 1, 2)))
        operator = self.r.choice(("=", "+=", "-=", "*="))
        new = {
            "=": lambda: value,
            "+=": lambda: self.w.add(old, value),
            "-=": lambda: self.w.sub(old, value),
            "*=": lambda: self.w.mul(old, value),
        }[operator]()
        lo, hi = self.w.scope[name]
        self.w.scope[name] = (min(lo, new.lo), max(hi, new.hi))
        return Statement(
            f"{name} {operator} {value.text};", assigned(old, operator, value)
        )

    def _early_return(self) -> Statement:
        test = condition(self.w, 1)
        value = self.w.constant(self.r.choice((0.0, 0.0, 0.0, 1.0, 1.0, -1.0)))
        if self.r.random() < 0.7:
            value = expression(self.w, self.r.choice((1, 1, 2)))
        return self._leave(test, value, self.r.random() < 0.5)

    def _leave(self, test: Expression, value: Expression, braces: bool) -> Statement:
        form = f"if ({test.text}) " + (
            "{{\n    return {};\n  }}" if braces else "return {};"
        )
        leave = returned(value, form)
        return Statement(leave.text, Ast("if", (test.ast, leave.ast, EMPTY)))

    def _ladder(self) -> list[Statement]:
        """if (x < 0) x = -x; if (x < 0.5) return 0.75 - x * x; if (x < 1.5) ...: a
        function in pieces
        """
        r = self.r
        w = self.w
        x = w.variable()
        out = []
        braces = r.random() < 0.4
        if x.text not in self.fixed and x.lo < 0 and r.random() < 0.6:
            zero = w.constant(0.0)
            body = assigned(x, "=", w.negate(x))
            flip = f"if ({x.text} < {zero.text}) {x.text} = -{x.text};"
            out.append(Statement(flip, Ast("if", (below(x, zero.ast), body, EMPTY))))
            w.scope[x.text] = (0.0, max(-x.lo, x.hi))
            x = w.use(x.text)
        for step in r.choice(_STEPS):
            at = w.constant(step)
            test = comparison(w, x, "<", at)
            # else one side is all there is: a number would make a constant function
            splits = x.lo < step < x.hi
            first, *rest = w.coefficients(r.choice((1, 1, 2, 3) if splits else (2, 3)))
            out.append(self._leave(test, horner_in(w, x, first, rest), braces))
        return out

    def _limit(self) -> Statement:
        """if (x < lo) x = lo; else if (x > hi) x = hi;"""
        name = self._mutable()
        if name is None:
            return self._declare()
        x = named(name, *self.w.scope[name])
        both = self.r.random() < 0.6
        lo = self.w.constant(self.r.choice((0.0, 0.0, -1.0, -0.5)))
        hi = self.w.constant(self.r.choice((1.0, 1.0, 0.5)))
        text = f"if ({name} < {lo.text}) {name} = {lo.text};"
        other = EMPTY
        if both:
            text += (
                f"{self.r.choice((' ', chr(10) + '  '))}else if ({name} > {hi.text})"
                f" {name} = {hi.text};"
            )
            other = Ast(
                "if", (Ast("binary", (x.ast, hi.ast), ">"), assigned(x, "=", hi), EMPTY)
            )
        self.w.scope[name] = (
            max(x.lo, lo.lo),
            max(lo.lo, min(x.hi, hi.lo) if both else x.hi),
        )
        return Statement(
            text, Ast("if", (below(x, lo.ast), assigned(x, "=", lo), other))
        )

    def _vector(self) -> list[Statement]:
        """float v1[3], v2[3]; v1[0] = x; ...; float d = dot_v3(v1, v2);"""
        r = self.r
        w = self.w
        name = r.choice(CALLS)
        length = r.choice((2, 2, 3))
        names = [
            f"{r.choice(VECTOR_NAMES)}{self.vectors + k}"
            for k in range(1 if name == "len" else 2)
        ]
        self.vectors += 2
        vectors = [
            (n, [expression(w, r.choice((0, 0, 0, 1))) for _ in range(length)])
            for n in names
        ]
        if [e.text for e in vectors[0][1]] == [e.text for e in vectors[-1][1]]:
            vectors[-1] = (names[-1], [w.literal() for _ in range(length)])
        needed, called = vector_call(r, self.style, name, vectors)
        for function, (text, syntax) in needed.items():
            self.library.texts.setdefault(function, text)
            self.library.functions[function] = syntax
        ast = Ast("declare", tuple((n, Array(self.type, length), None) for n in names))
        made = [
            Statement(
                f"{self.style.ctype} {', '.join(f'{n}[{length}]' for n in names)};", ast
            )
        ]
        for n, parts in vectors:
            for k, part in enumerate(parts):
                cell = element(n, k, part.lo, part.hi)
                made.append(
                    Statement(f"{cell.text} = {part.text};", assigned(cell, "=", part))
                )
        return [*made, self._declare(called)]

    def _split(self) -> list[Statement]:
        """double y; if (x < 0.75) { y = polynomial; } else { y = another; }"""
        w = self.w
        r = self.r
        name = self._fresh(LOCAL_NAMES)
        if r.random() < 0.5:
            test, *values = choice(w)
        else:
            test = condition(w, 1)
            values = [
                shape(w, 1) if r.random() < 0.5 else expression(w, r.choice((1, 2)))
                for _ in range(2)
            ]
        w.scope[name] = (min(v.lo for v in values), max(v.hi for v in values))
        self._introduce(name)
        return self._announce(name, either(test, *(_set(name, v) for v in values)))

    def _announce(self, name: str, first: Statement) -> list[Statement]:
        """Declare a local without a value before the statement that gives it one."""
        if self.late is None:
            return [announced(self.style.ctype, [name], self.type), first]
        self.late.append(name)
        return [first]

    def _ramp(self) -> list[Statement]:
        """double y; if (x <= a) { y = 0; } else if (x < b) { y = (x - a) / (b - a); }
        else { y = 1; }
        """
        w = self.w
        r = self.r
        name = self._fresh(LOCAL_NAMES)
        x = w.variable()
        a, b = (w.constant(end) for end in r.choice(_RAMPS))
        if r.random() < 0.4 and len(w.scope) >= 3:
            a, b = (w.use(n) for n in r.sample([n for n in w.scope if n != x.text], 2))
        top = w.wrap(w.sub(x, a), PRODUCT)
        bottom = w.sub(b, a)
        rise = Expression(
            f"{top.text}{w.op('/')}({bottom.text})",
            PRODUCT,
            0.0,
            1.0,
            binary("/", top, bottom),
        )
        ends = [w.constant(0.0), w.constant(1.0)][:: r.choice((1, 1, -1))]
        if ends[0].lo:
            rise = w.sub(w.constant(1.0), rise)
        w.scope[name] = (0.0, 1.0)
        tests = [comparison(w, x, o, e) for o, e in (("<=", a), ("<", b))]
        low, mid, high = (_set(name, v) for v in (ends[0], rise, ends[1]))
        self._introduce(name)
        return self._announce(
            name, either(tests[0], low, either(tests[1], mid, high), chained=True)
        )

    def _if(self) -> Statement:
        if not self.locals:
            return self._declare()
        if self._mutable() is None:
            return self._early_return()
        test = condition(self.w, 1)
        yes = self._assign()
        no = self._assign() if self.r.random() < 0.7 else None
        if no and self.r.random() < 0.4:  # else if
            other = condition(self.w, 1)
            last = self._assign()
            return either(test, yes, either(other, no, last), chained=True)
        return either(test, yes, no)

    def _for(self) -> Statement:
        r = self.r
        w = self.w
        sums = [name for name in self.locals if name not in self.fixed]
        if not sums:
            return self._declare()
        name = sums[-1]
        counter = r.choice("ijk")
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
        reach = (
            trips * max(abs(step.lo), abs(step.hi))
            if operator != "*="
            else max(abs(lo), abs(hi)) * trips
        )
        w.scope[name] = (min(lo - reach, lo), max(hi + reach, hi))
        head = (
            f"for (int {counter} = 0; {counter} < {trips};"
            f" {r.choice(('++{0}', '{0}++')).format(counter)})"
        )
        body = assigned(named(name, lo, hi), operator, step)
        return Statement(
            f"{head} {{\n    {name} {operator} {step.text};\n  }}",
            loop(counter, trips, body),
        )

    def _series(self) -> list[Statement]:
        """for (i = 0; i < 6; i++) { p = p * x + P[i]; q = q * x + Q[i]; } y = p / q; or
        p alone: special functions
        """
        r = self.r
        w = self.w
        counter = r.choice([c for c in "ijk" if c not in w.scope])
        x = w.unit(w.variable())
        count = r.choice((3, 4, 5, 6, 6, 8, 10))
        is_rational = r.random() < 0.5
        made = []
        lines = []
        changes = []
        sums = []
        for name in ("P", "Q")[: 1 + is_rational]:
            sizes = [abs(c.lo) for c in w.coefficients(count)]
            signed = [
                size if name == "Q" or r.random() < 0.7 else -size for size in sizes
            ]
            if name == "Q":
                signed[-1] = w.like(math.fsum(sizes) + 0.5)
            top = math.fsum(map(abs, signed))
            table = self._file_table(name, [w.constant(v) for v in signed])
            made.append(self._declare(w.constant(0.0), changes=True))
            total = named(self.locals[-1], -top, top)
            place = Ast("index", (Ast("name", (), table), Ast("name", (), counter)))
            cell = Expression(f"{table}[{counter}]", ATOM, -top, top, place)
            value = w.add(w.mul(total, x), cell)
            w.scope[total.text] = (
                (-top, top) if name == "P" else (2 * signed[-1] - top, top)
            )
            lines.append(f"{total.text} = {value.text};")
            changes.append(assigned(total, "=", value))
            sums.append(total.text)
        head = (
            f"for (int {counter} = 0; {counter} < {count};"
            f" {r.choice(('++{0}', '{0}++')).format(counter)})"
        )
        body = "\n    ".join(lines)
        made.append(
            Statement(
                f"{head} {{\n    {body}\n  }}",
                loop(counter, count, Ast("block", tuple(changes))),
            )
        )
        return (
            [*made, self._declare(w.div(w.use(sums[0]), w.use(sums[1])))]
            if is_rational
            else made
        )

    def _helper(self) -> Statement:
        """Move an expression into a static function of its own and call it."""
        name = "helper_" + self.r.choice(LOCAL_NAMES)
        parameters = self.r.sample(
            [n for n in INPUT_NAMES if n not in self.w.scope], self.r.randint(1, 3)
        )
        arguments = [
            self.w.unit(expression(self.w, self.r.choice((0, 0, 1))))
            for _ in parameters
        ]
        inner = Writer(self.r, self.style, parameters, self.library)
        value = shape(inner, 2) if self.r.random() < 0.5 else expression(inner, 3)
        if name in self.helpers:
            return self._declare()
        self.helpers[name] = self._function(parameters, [returned(value, "").ast])
        const = "const " if self.const_inputs else ""
        listed = ", ".join(f"{const}{self.style.ctype} {p}" for p in parameters)
        self.before.append(
            f"static {self.style.ctype} {name}({listed}) {{\n  return"
            f" {value.text};\n}}\n"
        )
        called = f"{name}({', '.join(a.text for a in arguments)})"
        ast = Ast("call", tuple(a.ast for a in arguments), name)
        return self._declare(Expression(called, ATOM, value.lo, value.hi, ast))

    def _table(self) -> Statement:
        """Sum a small table against a variable."""
        values = [self.w.literal(hi=3) for _ in range(self.r.randint(2, 5))]
        name = self._file_table(
            self.r.choice(("coef", "weights", "table", "lut")), values
        )
        k = self.r.randrange(len(values))
        return self._declare(
            self.w.mul(
                element(name, k, values[k].lo, values[k].hi), expression(self.w, 1)
            )
        )

    def _file_table(self, name: str, values: list[Expression]) -> str:
        """Define a table before the function; returns its name."""
        name += str(len(self.before))
        listed = ", ".join(v.text for v in values)
        self.before.append(
            f"static const {self.style.ctype} {name}[{len(values)}] = {{{listed}}};\n"
        )
        filled = Ast("initialiser", tuple(((), v.ast) for v in values))
        self.tables.append(declared(name, Array(self.type, len(values)), filled))
        return name

    def _macro(self) -> Statement:
        """Define a macro, object-like or function-like, and use it."""
        name = self.r.choice(("SCALE", "GAIN", "FACTOR", "LIMIT")) + str(
            len(self.before)
        )
        if self.r.random() < 0.5:
            value = self.w.literal(hi=4)
            self.before.append(f"#define {name} {value.text}\n")
            return self._declare(
                self.w.mul(value._replace(text=name), expression(self.w, 1))
            )
        inner = Writer(self.r, self.style, ["A"], self.library)
        body = expression(inner, 2)
        if inner.unused:
            # a macro that forgets its argument leaves functions that nothing calls
            return self._declare()
        spelled = re.sub(r"\bA\b", "(A)", body.text)
        self.before.append(f"#define {name}(A) ({spelled})\n")
        argument = self.w.unit(expression(self.w, 1))
        ast = replaced(body.ast, {"A": argument.ast})
        return self._declare(
            Expression(f"{name}({argument.text})", ATOM, body.lo, body.hi, ast)
        )
