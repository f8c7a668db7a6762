"""Reports: values and their JSON, pages and terminal text. Knows no other room."""

from nsc.report.console import FunctionLine as FunctionLine
from nsc.report.console import console_progress as console_progress
from nsc.report.console import console_summary as console_summary
from nsc.report.console import draft_summary as draft_summary
from nsc.report.console import evaluation_table as evaluation_table
from nsc.report.console import functions_text as functions_text
from nsc.report.dataset import data_card as data_card
from nsc.report.dataset import info_text as info_text
from nsc.report.dataset import manifest_text as manifest_text
from nsc.report.html import html_page as html_page
from nsc.report.schema import SCHEMA as SCHEMA
from nsc.report.schema import Bound as Bound
from nsc.report.schema import CallTime as CallTime
from nsc.report.schema import Curve as Curve
from nsc.report.schema import DraftReport as DraftReport
from nsc.report.schema import Errors as Errors
from nsc.report.schema import Figures as Figures
from nsc.report.schema import Finetuning as Finetuning
from nsc.report.schema import HeatMap as HeatMap
from nsc.report.schema import Histogram as Histogram
from nsc.report.schema import Report as Report
from nsc.report.schema import Round as Round
from nsc.report.schema import Source as Source
from nsc.report.schema import ZeroShot as ZeroShot
from nsc.report.schema import from_json as from_json
from nsc.report.schema import to_json as to_json
