"""The formats that surrogates are exported in. To add one: a file, and a row here.

Surrogates' own safetensors are no row: they hold the report, which names all the other
files, and so are written last, by whoever writes the results.
"""

from __future__ import annotations

from collections.abc import Mapping

from nsc.deploy.c_exporter import CExporter
from nsc.deploy.exporter import Exporter
from nsc.deploy.fixed_point import FIXED_POINT
from nsc.deploy.languages import LANGUAGES
from nsc.deploy.onnx import OnnxExporter

EXPORTERS: Mapping[str, Exporter] = {
    "c": CExporter(),
    "onnx": OnnxExporter(),
    **LANGUAGES,
    **FIXED_POINT,
}
