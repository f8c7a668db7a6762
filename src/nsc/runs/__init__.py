"""What lies between a program that is dear to run and who asks for its outputs.

Runs are planned, spread over processes, and kept. Knows no program, no network.
"""

from nsc.runs.calls import BadReturnError as BadReturnError
from nsc.runs.calls import CallByCall as CallByCall
from nsc.runs.calls import Calls as Calls
from nsc.runs.calls import Form as Form
from nsc.runs.calls import Found as Found
from nsc.runs.command import Command as Command
from nsc.runs.executable import OUT_OF_TIME as OUT_OF_TIME
from nsc.runs.executable import WORKER_DIED as WORKER_DIED
from nsc.runs.executable import Batch as Batch
from nsc.runs.executable import Description as Description
from nsc.runs.executable import Executable as Executable
from nsc.runs.executable import Failure as Failure
from nsc.runs.executable import RowByRow as RowByRow
from nsc.runs.executable import is_executable as is_executable
from nsc.runs.executable import told as told
from nsc.runs.function_digest import NotNamedError as NotNamedError
from nsc.runs.function_digest import digest_of as digest_of
from nsc.runs.ledger import Identity as Identity
from nsc.runs.ledger import Kept as Kept
from nsc.runs.ledger import Ledger as Ledger
from nsc.runs.ledger import kept_runs as kept_runs
from nsc.runs.plan import Plan as Plan
from nsc.runs.plan import spelled as spelled
from nsc.runs.pool import Pool as Pool
from nsc.runs.process import end_with_parent as end_with_parent
from nsc.runs.reading import FORMATS as FORMATS
from nsc.runs.reading import Reading as Reading
from nsc.runs.runner import Runner as Runner
from nsc.runs.server import Server as Server
from nsc.runs.template import Template as Template
from nsc.runs.template import template_of as template_of
from nsc.runs.texts import TextByText as TextByText
from nsc.runs.texts import TextExecutable as TextExecutable
from nsc.runs.texts import TextRunner as TextRunner
from nsc.runs.texts import text_identity as text_identity
