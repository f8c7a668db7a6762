"""Surrogates as one file of a programming language other than C.

`LANGUAGES` lists them. Each is a spelling of `Function` (function): doubles in, doubles
out, one scalar each; a function for one row, one for many, what is done outside the
domain, and a self-test. `exporter` runs what was written before anybody gets it.
"""

from collections.abc import Mapping

from nsc.deploy.languages.cpp import CPP_LANGUAGE
from nsc.deploy.languages.exporter import LanguageExporter as LanguageExporter
from nsc.deploy.languages.fortran import FORTRAN_LANGUAGE
from nsc.deploy.languages.javascript import JAVASCRIPT_LANGUAGE
from nsc.deploy.languages.python import PYTHON
from nsc.deploy.languages.rust import RUST_LANGUAGE

LANGUAGES: Mapping[str, LanguageExporter] = {
    "python": LanguageExporter(PYTHON),
    "cpp": LanguageExporter(CPP_LANGUAGE),
    "fortran": LanguageExporter(FORTRAN_LANGUAGE),
    "rust": LanguageExporter(RUST_LANGUAGE),
    "js": LanguageExporter(JAVASCRIPT_LANGUAGE),
}
