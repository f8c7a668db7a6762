"""A local page to play with: text in, a surrogate as it learns.

In: a command that compiles one request. Out: a server on this machine alone. Knows no C,
no network, no files but its own temporary folder.
"""

from nsc.play.server import PlayServer as PlayServer
from nsc.play.session import LIMITS as LIMITS
from nsc.play.session import Limits as Limits
from nsc.play.session import Session as Session
