"""A teacher of few runs: Gaussian processes that say what a program does elsewhere.

In: arrays. Out: values, standard deviations, a measured error. Knows no network.
"""

from nsc.teacher.design import next_inputs as next_inputs
from nsc.teacher.kernels import KERNELS as KERNELS
from nsc.teacher.kernels import Kernel as Kernel
from nsc.teacher.polynomial import DEGREES as DEGREES
from nsc.teacher.polynomial import Polynomial as Polynomial
from nsc.teacher.polynomial import count_monomials as count_monomials
from nsc.teacher.polynomial import fit_polynomial as fit_polynomial
from nsc.teacher.process import MEASURED_NOISE as MEASURED_NOISE
from nsc.teacher.process import Process as Process
from nsc.teacher.process import fit_process as fit_process
from nsc.teacher.process import process_of as process_of
from nsc.teacher.teacher import MOST as MOST
from nsc.teacher.teacher import Known as Known
from nsc.teacher.teacher import Values as Values
from nsc.teacher.teacher import teach as teach
