"""Finished surrogates as C99 and ONNX, and what a call of them costs. Must not know
training.
"""

from nsc.deploy.c_source import c_source as c_source
from nsc.deploy.c_source import surrogate_name as surrogate_name
from nsc.deploy.native import build_native as build_native
from nsc.deploy.native import run_selftest as run_selftest
from nsc.deploy.native import time_per_call as time_per_call
from nsc.deploy.onnx import save_onnx as save_onnx
