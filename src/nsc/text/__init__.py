"""Characters -> expanded text, and where each character came from.

Tokens, macros, conditionals, headers. Pure functions, but for what a `HeaderCache`
remembers. Must not know syntax trees, types, or the file system.
"""

from nsc.text.attributes import is_aligning as is_aligning
from nsc.text.cursor import MAX_SOURCE_BYTES as MAX_SOURCE_BYTES
from nsc.text.edits import Edit as Edit
from nsc.text.edits import edited as edited
from nsc.text.expanded import Expanded as Expanded
from nsc.text.expanded import Include as Include
from nsc.text.header_cache import HeaderCache as HeaderCache
from nsc.text.integers import INTEGER_BINARY as INTEGER_BINARY
from nsc.text.integers import INTEGER_UNARY as INTEGER_UNARY
from nsc.text.integers import bad_literal as bad_literal
from nsc.text.integers import integer_literal as integer_literal
from nsc.text.macros import Macro as Macro
from nsc.text.preprocess import preprocess as preprocess
from nsc.text.standard import ERROR_NUMBERS as ERROR_NUMBERS
from nsc.text.standard import FORBIDDEN as FORBIDDEN
from nsc.text.standard import HEADER_OF as HEADER_OF
from nsc.text.standard import HEADERS as HEADERS
from nsc.text.standard import PRINTS as PRINTS
from nsc.text.standard import PRINTS_FORMAT as PRINTS_FORMAT
from nsc.text.standard import WRITES_ARGUMENT as WRITES_ARGUMENT
from nsc.text.tokens import BLANKS as BLANKS
from nsc.text.tokens import kind_of as kind_of
from nsc.text.tokens import solid_words as solid_words
from nsc.text.tokens import tokenize as tokenize
from nsc.text.tokens import words as words
from nsc.text.unread import is_of_system as is_of_system
from nsc.text.unread import may_define as may_define
from nsc.text.unread import said_of_unread as said_of_unread
