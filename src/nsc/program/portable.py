"""Names of a program that other dialects of C do not have, and what they become.

A program is gnu11; what is exported shall be C99 to C23 and C++: `bool` and `class` are
keywords there, `unix` and `linux` macros of many compilers.

In: Program, C text with its names. Out: the same with others. Non-goals: the names of
functions that are called from outside: these stay.
"""

from __future__ import annotations

from nsc.program.program import Program
from nsc.text import HEADER_OF, kind_of, words

_C23 = """
    alignas alignof bool constexpr false nullptr static_assert thread_local true typeof
    typeof_unqual
"""
_C_PLUS_PLUS = """
    and and_eq asm bitand bitor catch char8_t char16_t char32_t class co_await co_return
    co_yield compl concept const_cast consteval constinit decltype delete dynamic_cast
    explicit export friend import module mutable namespace new noexcept not not_eq
    operator or or_eq private protected public reinterpret_cast requires static_cast
    template this throw try typeid typename using virtual wchar_t xor xor_eq
"""
_MACROS = """
    unix linux i386 sun mips vax hpux NULL EOF I complex imaginary assert errno noreturn
    stdin stdout stderr BUFSIZ FILENAME_MAX FOPEN_MAX L_tmpnam TMP_MAX SEEK_SET SEEK_CUR
    SEEK_END NAN INFINITY HUGE_VAL signbit isnan isinf isfinite isnormal fpclassify
    alloca
"""
RESERVED = frozenset(f"{_C23} {_C_PLUS_PLUS} {_MACROS}".split())
# promises to compilers that C++ does not know; leaving them out changes no result
_PROMISES = frozenset(
    "restrict __restrict __restrict__ static register".split()
)
_OWN = "nsc_"


class PortableNames:
    """What the names of one program are in exported C.

    A name is new wherever it stands, so that fields, types and parameters agree.

    Args:
        as_written: keep every name: the program's own text is around what is written.
    """

    def __init__(self, program: Program, *, as_written: bool = False):
        self.program = program
        declared = [p.declaration for p in program.signature.params]
        lvalues = [leaf.lvalue for leaf in program.signature.inputs]
        taken = set(words(" ".join([program.text, program.source, *declared])))
        taken.update(words(" ".join(lvalues)))
        self.taken = taken
        self.new = {
            name: self._fresh(f"{name}_")
            for name in sorted(taken & RESERVED)
            if not (as_written or self._is_standard(name))
            and name != program.name
        }

    def _is_standard(self, name: str) -> bool:
        """Say whether a name means what a header of the program says."""
        return HEADER_OF.get(name) in self.program.headers

    def _fresh(self, wanted: str) -> str:
        while wanted in self.taken or wanted in RESERVED:
            wanted += "_"
        return wanted

    def text(self, text: str) -> str:
        """Return C text with the new names."""
        if not self.new:
            return text
        return "".join(self.new.get(word, word) for word in words(text))

    def declaration(self, text: str) -> str:
        """Return a parameter's declaration, as C and C++ read it."""
        found = words(self.text(text))
        kept = [word for word in found if word not in _PROMISES]
        if kept == words(text):
            return text
        return " ".join("".join(kept).split()).replace("[ ", "[")

    def original(self, text: str) -> str:
        """Return the program's own text; what it calls nsc_... must not be ours."""
        return "".join(
            self._of_original(word) for word in words(self.text(text))
        )

    def _of_original(self, word: str) -> str:
        is_own = word.startswith(_OWN) and kind_of(word) == "name"
        return f"user_{word}" if is_own and word != self.program.name else word
