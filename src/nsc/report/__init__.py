"""Reports: JSON in, pages and terminal text out. Knows no other room."""

from nsc.report.console import console_progress as console_progress
from nsc.report.console import console_summary as console_summary
from nsc.report.console import draft_summary as draft_summary
from nsc.report.console import evaluation_table as evaluation_table
from nsc.report.console import functions_text as functions_text
from nsc.report.dataset import data_card as data_card
from nsc.report.dataset import info_text as info_text
from nsc.report.dataset import manifest_text as manifest_text
from nsc.report.html import html_page as html_page
