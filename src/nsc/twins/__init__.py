"""Coarse twins: a dear program with its resolution reduced is a cheap relative of it.

C text tells which numbers are resolutions; running tells which of the coarser programs
agree, and how to correct them. Must not know networks.
"""

from nsc.twins.lengths import Shortened as Shortened
from nsc.twins.lengths import lengths_of as lengths_of
from nsc.twins.search import Search as Search
from nsc.twins.search import find_twin as find_twin
from nsc.twins.search import most_cost_of_search as most_cost_of_search
from nsc.twins.search import recalled as recalled
from nsc.twins.teacher import Taught as Taught
from nsc.twins.teacher import taught_by as taught_by
from nsc.twins.twin import Twin as Twin
