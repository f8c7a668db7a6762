"""Finished surrogates as files of other formats, and what a call of them costs.

`EXPORTERS` lists the formats: C99 and ONNX. Must not know training.
"""

from nsc.deploy.batch_options import BatchOptions as BatchOptions
from nsc.deploy.c_batch import expect_derivatives as expect_derivatives
from nsc.deploy.c_exporter import CExporter as CExporter
from nsc.deploy.c_network import NetworkWriter as NetworkWriter
from nsc.deploy.c_policy import expect_possible as expect_possible
from nsc.deploy.c_sigmoid import FOLDED as FOLDED
from nsc.deploy.c_source import c_definition as c_definition
from nsc.deploy.c_source import c_source as c_source
from nsc.deploy.c_source import surrogate_name as surrogate_name
from nsc.deploy.c_std import STD_FILE as STD_FILE
from nsc.deploy.c_std import std_name as std_name
from nsc.deploy.c_std import std_source as std_source
from nsc.deploy.entries import entries_of as entries_of
from nsc.deploy.exporter import Exporter as Exporter
from nsc.deploy.exporter import ExportJob as ExportJob
from nsc.deploy.exporter import is_available as is_available
from nsc.deploy.fixed_point import fixed_point_notes as fixed_point_notes
from nsc.deploy.formats import checked_formats as checked_formats
from nsc.deploy.formats import chosen_exporters as chosen_exporters
from nsc.deploy.formats import expect_exportable as expect_exportable
from nsc.deploy.native import Timing as Timing
from nsc.deploy.native import build_native as build_native
from nsc.deploy.native import build_rows as build_rows
from nsc.deploy.native import run_selftest as run_selftest
from nsc.deploy.native import time_per_call as time_per_call
from nsc.deploy.onnx import OnnxExporter as OnnxExporter
from nsc.deploy.onnx import evaluate_onnx as evaluate_onnx
from nsc.deploy.onnx import relative_difference as relative_difference
from nsc.deploy.rounding import arithmetic as arithmetic
from nsc.deploy.table import EXPORTERS as EXPORTERS
