"""The CPU backend: data laid out for the kernels, threads over surrogates.

In: checked arrays. Out: the leading fields of `FinetuneResult`, equal to the
reference's but for rounding (Adam runs in float32). Each surrogate's bits depend on its
own data only: not on threads, order or neighbours.
Non-goals: building kernels (kernel.py).
"""

from __future__ import annotations

import ctypes
import math
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from ctypes import c_double, c_int, c_void_p
from functools import partial
from threading import Lock

import numpy as np

from nsc.errors import InputError
from nsc.finetune.backends.kernel import load_kernel
from nsc.finetune.engine import FinetuneConfig, FinetuneData, Progress
from nsc.surrogate import Topology

LANES = 8  # surrogates side by side
MAX_SHOWN = 16  # jobs that show progress; more would spend their time on it
FEW_SAMPLES = 192  # up to here lanes are surrogates, from here on samples
_REASONS = ("step_limit", "patience", "plateau", "converged", "no_progress")
_NO_MEMORY = 5
_SHOW = ctypes.CFUNCTYPE(c_int, c_int, c_double)


class _Data(ctypes.Structure):
    _fields_ = [
        ("vectors", c_int),
        ("samples", c_int),
        ("x", c_void_p),
        ("y", c_void_p),
        ("mask", c_void_p),
    ]


class _Settings(ctypes.Structure):
    _fields_ = [
        *(
            (name, c_double)
            for name in (
                "damping",
                "damping_up",
                "damping_down",
                "ridge",
                "plateau_gain",
                "tolerance",
            )
        ),
        *((name, c_int) for name in ("steps", "patience", "plateau_steps")),
    ]


def run_cpu(
    w: np.ndarray,
    topology: Topology,
    data: FinetuneData,
    config: FinetuneConfig,
    progress: Progress,
    threads: int | None,
) -> tuple:
    """Finetune surrogates; arguments as `run_lm` and `run_adam` of the reference, and a
    number of threads.

    Surrogates that use the same inputs go together, so that nobody's bits depend on
    what others use.
    """
    used = _used_inputs(data, topology)
    groups = [
        np.flatnonzero((used == mask).all(axis=1)) for mask in np.unique(used, axis=0)
    ]
    if len(groups) == 1:
        return _run_group(
            w, topology, data, config, progress, threads, np.flatnonzero(used[0])
        )
    shape = (len(w), config.steps + 1)
    joined = [
        np.empty_like(w),
        np.empty_like(w),
        *(np.full(shape, np.nan) for _ in range(3)),
        np.zeros(len(w), np.int64),
    ]
    stopped = np.empty(len(w), object)
    for ks in groups:
        part = FinetuneData(
            *(None if a is None else a[ks] for a in (*data.arrays(), data.weights))
        )
        *arrays, why = _run_group(
            w[ks],
            topology,
            part,
            config,
            progress,
            threads,
            np.flatnonzero(used[ks[0]]),
        )
        for whole, array in zip(joined, arrays, strict=True):
            whole[(ks, *(slice(0, n) for n in array.shape[1:]))] = array
        stopped[ks] = why
    length = int(np.isfinite(joined[2]).any(axis=0).sum())
    curves = (c[:, :length] for c in joined[2:5])
    return (*joined[:2], *curves, joined[5], tuple(stopped))


def _run_group(
    w: np.ndarray,
    topology: Topology,
    data: FinetuneData,
    config: FinetuneConfig,
    progress: Progress,
    threads: int | None,
    used: np.ndarray,
) -> tuple:
    small, small_topology = _take_inputs(w, topology, used)
    examples = (
        _columns(a, used) if k % 2 == 0 else a for k, a in enumerate(data.arrays())
    )
    data = FinetuneData(*examples, weights=data.weights)
    made = (_LmRun if config.optimizer == "lm" else _AdamRun)(
        small, small_topology, data, config
    )
    made.library = load_kernel(
        small_topology,
        config.optimizer,
        lambda line: progress(0, config.steps, float("nan")),
    )
    _in_threads(made.run, list(made.jobs()), threads, progress, config.steps)
    return (
        _put_inputs(w, topology, used, made.best_w),
        _put_inputs(w, topology, used, made.w),
        *made.finished(),
    )


def _used_inputs(data: FinetuneData, topology: Topology) -> np.ndarray:
    """Say which inputs each surrogate uses, `p i`: those not zero on all its examples;
    at least the first.
    """
    used = np.zeros((len(data.x_train), topology.n_inputs), bool)
    for x in (data.x_train, data.x_validation, data.x_test):
        if x is not None:
            used |= (x[:1] if x.strides[0] == 0 else x).any(axis=1)
    used[~used.any(axis=1), 0] = True
    return used


def _columns(x: np.ndarray | None, used: np.ndarray) -> np.ndarray | None:
    """Take the used inputs; what surrogates share stays shared."""
    if x is None or x.strides[0]:
        return None if x is None else x[..., used]
    return np.broadcast_to(x[:1][..., used], (*x.shape[:2], len(used)))


def _first_weights(w: np.ndarray, topology: Topology) -> np.ndarray:
    return w[:, : topology.widths[0] * topology.widths[1]].reshape(
        len(w), topology.widths[1], topology.widths[0]
    )


def _take_inputs(
    w: np.ndarray, topology: Topology, used: np.ndarray
) -> tuple[np.ndarray, Topology]:
    small = Topology((len(used), *topology.widths[1:]), topology.activation)
    rest = w[:, topology.widths[0] * topology.widths[1] :]
    return (
        np.concatenate(
            [_first_weights(w, topology)[:, :, used].reshape(len(w), -1), rest], axis=1
        ),
        small,
    )


def _put_inputs(
    w: np.ndarray, topology: Topology, used: np.ndarray, small: np.ndarray
) -> np.ndarray:
    """Put trained parameters back; weights of unused inputs stay as they were."""
    out = w.copy()
    first = _first_weights(out, topology)
    count = len(used) * topology.widths[1]
    first[:, :, used] = small[:, :count].reshape(len(w), topology.widths[1], len(used))
    out[:, : topology.widths[0] * topology.widths[1]] = first.reshape(len(w), -1)
    out[:, topology.widths[0] * topology.widths[1] :] = small[:, count:]
    return out


def _in_threads(
    run: Callable, jobs: list, threads: int | None, progress: Progress, limit: int
) -> None:
    threads = threads or (
        len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count() or 1
    )
    shown = _Joint(progress, len(jobs)) if len(jobs) <= MAX_SHOWN else None

    def run_shown(k: int) -> None:
        run(jobs[k], shown and partial(shown.at, k))
        if shown:
            shown.steps[k] = limit

    if len(jobs) == 1 or threads == 1:
        for k in range(len(jobs)):
            run_shown(k)
        return
    with ThreadPoolExecutor(min(threads, len(jobs))) as pool:
        try:
            for _ in pool.map(run_shown, range(len(jobs))):
                pass
        except BaseException as error:  # Ctrl-C reaches this thread alone
            if shown:
                shown.raised = error
            raise


class _Joint:
    """Several jobs shown as one: the steps of an average job, the best loss of any. An
    exception ends all of them.
    """

    def __init__(self, progress: Progress, jobs: int):
        self.progress = progress
        self.steps = [0] * jobs
        self.best = math.inf
        self.lock = Lock()
        self.raised: BaseException | None = None

    def at(self, job: int, step: int, limit: int, best: float) -> None:
        with self.lock:
            if self.raised:
                raise self.raised
            self.steps[job] = step
            self.best = min(self.best, best)
            try:
                self.progress(sum(self.steps) // len(self.steps), limit, self.best)
            except BaseException as error:
                self.raised = error
                raise


def aligned(shape: tuple[int, ...], kind: type) -> np.ndarray:
    """Return zeros whose first byte stands at a multiple of 64, as vector loads need."""
    size = int(np.prod(shape)) * np.dtype(kind).itemsize
    raw = np.zeros(size + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + size].view(kind).reshape(shape)


def _samples(
    x: np.ndarray, y: np.ndarray, kind: type, weights: np.ndarray | None = None
) -> tuple[_Data, tuple]:
    """Lay out one surrogate's examples x `n i`, y `n o`: feature-major, padded to whole
    vectors.

    A residual is multiplied by the root of its example's weight; padding has none.
    """
    per_vector = 32 // np.dtype(kind).itemsize
    n = len(x)
    vectors = -(-len(x) // per_vector)
    kept = []
    for a in (x, y):
        out = aligned((a.shape[1], vectors * per_vector), kind)
        out[:, :n] = a.T
        kept.append(out)
    mask = None
    if n % per_vector or weights is not None:
        mask = aligned((vectors * per_vector,), kind)
        mask[:n] = 1 if weights is None else np.sqrt(weights)
        kept.append(mask)
    addresses = [a.ctypes.data for a in kept[:2]]
    return _Data(
        vectors, n, *addresses, None if mask is None else mask.ctypes.data
    ), tuple(kept)


def _lanes(x: np.ndarray, y: np.ndarray) -> tuple[_Data, tuple]:
    """Lay out eight surrogates' examples x `8 n i`, y `8 n o`: a vector is one feature
    of eight examples.
    """
    kept = []
    for a in (x, y):
        out = aligned((a.shape[2], a.shape[1], LANES), np.float32)
        out[:] = a.transpose(2, 1, 0)
        kept.append(out)
    return _Data(
        x.shape[1], x.shape[1], kept[0].ctypes.data, kept[1].ctypes.data, None
    ), tuple(kept)


class _Run:
    """Buffers of one call: every surrogate's parameters and curves."""

    library: ctypes.CDLL

    def __init__(
        self,
        w: np.ndarray,
        topology: Topology,
        data: FinetuneData,
        config: FinetuneConfig,
    ):
        self.topology = topology
        self.data = data
        self.config = config
        self.w = w.copy()
        self.best_w = w.copy()
        shape = (len(w), config.steps + 1)
        self.train, self.validation, self.test = (
            np.full(shape, np.nan) for _ in range(3)
        )
        self.best_step = np.zeros(len(w), np.int64)
        self.ran = np.zeros(len(w), np.int64)
        self.stopped = ["step_limit"] * len(w)
        self.shared: dict[int, tuple[_Data, tuple]] = {}

    def sets(self) -> list[tuple[np.ndarray, np.ndarray] | None]:
        d = self.data
        test = None if d.x_test is None else (d.x_test, d.y_test)
        return [(d.x_train, d.y_train), (d.x_validation, d.y_validation), test]

    def finished(self) -> tuple:
        width = int(self.ran.max()) + 1
        curves = (a[:, :width] for a in (self.train, self.validation, self.test))
        return (*curves, self.best_step, tuple(self.stopped))


def _report(
    progress: Progress, step: int, limit: int, best: float, caught: list[BaseException]
) -> int:
    """Show progress from inside a kernel; an exception, Ctrl-C too, stops the kernel
    and is raised after it.
    """
    try:
        progress(step, limit, best)
        return 0
    except BaseException as error:
        caught.append(error)
        return 1


class _LmRun(_Run):
    """Levenberg-Marquardt: a job is one surrogate."""

    def jobs(self) -> Iterable[int]:
        return range(len(self.w))

    def run(self, k: int, progress: Progress | None) -> None:
        config = self.config
        settings = _Settings(*(getattr(config, name) for name, _ in _Settings._fields_))
        weights = None if self.data.weights is None else self.data.weights[k]
        sets = zip(self.sets(), (weights, None, None), strict=True)
        made = [
            None if s is None else _samples(s[0][k], s[1][k], np.float64, each)
            for s, each in sets
        ]
        w = aligned((self.topology.n_parameters,), np.float64)
        w[:] = self.w[k]
        best_w = np.empty_like(w)
        best_step = c_int()
        ran = c_int()
        caught: list[BaseException] = []
        show = (
            _SHOW(
                lambda step, best: _report(progress, step, config.steps, best, caught)
            )
            if progress
            else None
        )
        code = self.library.nsc_lm(
            ctypes.byref(settings),
            self.topology.n_inputs,
            *(None if m is None else ctypes.byref(m[0]) for m in made),
            *(
                c_void_p(a.ctypes.data)
                for a in (w, best_w, self.train[k], self.validation[k], self.test[k])
            ),
            ctypes.byref(best_step),
            ctypes.byref(ran),
            show,
        )
        if caught:
            raise caught[0]
        if code == _NO_MEMORY:
            raise InputError(
                "there is not enough memory for the normal equations of"
                f" {self.topology}"
            )
        self.w[k] = w
        self.best_w[k] = best_w
        self.best_step[k] = best_step.value
        self.ran[k] = ran.value
        self.stopped[k] = _REASONS[code]


class _AdamRun(_Run):
    """Adam: a job is one surrogate, or eight side by side where examples are few."""

    def jobs(self) -> Iterable[range]:
        size = LANES if self.data.x_train.shape[1] <= FEW_SAMPLES else 1
        return [
            range(k, min(k + size, len(self.w))) for k in range(0, len(self.w), size)
        ]

    def run(self, ks: range, progress: Progress | None) -> None:
        if self.data.x_train.shape[1] <= FEW_SAMPLES:
            self._run_lanes([*ks, *[ks[0]] * (LANES - len(ks))], len(ks))
        else:
            self._run_samples(ks[0])

    def _target(self) -> float:
        return -1.0 if self.config.target_loss is None else self.config.target_loss

    def _run_samples(self, k: int) -> None:
        c = self.config
        made = [
            None if s is None else _samples(s[0][k], s[1][k], np.float32)
            for s in self.sets()
        ]
        w = aligned((self.topology.n_parameters,), np.float32)
        w[:] = self.w[k]
        best_w = np.empty_like(w)
        curves = aligned((3, c.steps + 1), np.float32)
        best_step = c_int()
        ran = self.library.nsc_adam(
            self.topology.n_inputs,
            *(None if m is None else ctypes.byref(m[0]) for m in made),
            c_void_p(w.ctypes.data),
            c_void_p(best_w.ctypes.data),
            c.steps,
            c_double(c.learning_rate),
            c.evaluate_every,
            c_double(self._target()),
            *(c_void_p(a.ctypes.data) for a in curves),
            ctypes.byref(best_step),
        )
        self._keep(k, w, best_w, curves, best_step.value, ran)

    def _run_lanes(self, ks: list[int], count: int) -> None:
        c = self.config
        made = [None if s is None else _lanes(s[0][ks], s[1][ks]) for s in self.sets()]
        w = aligned((self.topology.n_parameters, LANES), np.float32)
        w[:] = self.w[ks].T
        best_w = aligned(w.shape, np.float32)
        curves = aligned((3, c.steps + 1, LANES), np.float32)
        steps = aligned((2, LANES), np.int32)
        code = self.library.nsc_adam_lanes(
            self.topology.n_inputs,
            *(None if m is None else ctypes.byref(m[0]) for m in made),
            c_void_p(w.ctypes.data),
            c_void_p(best_w.ctypes.data),
            c.steps,
            c_double(c.learning_rate),
            c.evaluate_every,
            c_double(self._target()),
            *(c_void_p(a.ctypes.data) for a in curves),
            c_void_p(steps[0].ctypes.data),
            c_void_p(steps[1].ctypes.data),
        )
        for lane, k in enumerate(ks[:count]):
            ran = int(steps[1, lane]) if code >= 0 else code
            self._keep(
                k,
                w[:, lane],
                best_w[:, lane],
                curves[:, :, lane],
                int(steps[0, lane]),
                ran,
            )

    def _keep(
        self,
        k: int,
        w: np.ndarray,
        best_w: np.ndarray,
        curves: np.ndarray,
        best_step: int,
        ran: int,
    ) -> None:
        if ran < 0:
            raise InputError(f"there is not enough memory to finetune {self.topology}")
        self.w[k] = w
        self.best_w[k] = best_w
        self.best_step[k] = best_step
        self.ran[k] = ran
        for mine, theirs in zip(
            (self.train, self.validation, self.test), curves, strict=True
        ):
            mine[k, : ran + 1] = theirs[: ran + 1]
        measured = curves[1 if self.data.x_test is None else 2][best_step]
        if measured <= np.float32(self._target()):
            self.stopped[k] = "target"
