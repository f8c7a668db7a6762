"""The pieces of an exported Fortran file, as formats.

In: nothing. Out: texts. Non-goals: putting them together (fortran).
"""

from __future__ import annotations

from collections.abc import Mapping

TEXT = """{head}
!
! Fortran 2018. use {name}_module: {name} is for one row, or for arrays of inputs of
! one shape; {batch}(x, y) for rows, x(inputs, n) to y(outputs, n).
! {name}_selftest() says how many outputs are wrong; try it by
!   program test
!     use {name}_module
!     print *, {name}_selftest()
!   end program
module {name}_module
  use, intrinsic :: iso_fortran_env, only: real64, int64
  use, intrinsic :: ieee_arithmetic, only: ieee_is_nan, ieee_value, ieee_quiet_nan
  implicit none
  private
  public :: {name}, {batch}, {name}_raw, {name}_selftest

{tables}

contains

{functions}
  ! Many rows: a column of x is a row's inputs, one of y its outputs.
  pure subroutine {batch}(x, y)
    real(real64), intent(in) :: x(:, :)
    real(real64), intent(out) :: y(:, :)
    integer :: row
    if (size(x, 1) /= {n_inputs} .or. size(y, 1) /= {n_outputs} .or. size(x, 2) /= size(y, 2)) &
      error stop "{batch}: x must be ({n_inputs}, n) and y ({n_outputs}, n)"
    do row = 1, size(x, 2)
      call nsc_answer(x(:, row), y(:, row))
    end do
  end subroutine

  ! One row, wherever the inputs are: nothing is tested.
  pure subroutine {name}_raw(x, y)
    real(real64), intent(in) :: x({n_inputs})
    real(real64), intent(out) :: y({n_outputs})
    call nsc_networks(x, y)
{outputs}  end subroutine

  pure subroutine nsc_networks(x, y)
    real(real64), intent(in) :: x({n_inputs})
    real(real64), intent(out) :: y({n_outputs})
    real(real64) :: {locals}
{networks}
  end subroutine

{values}{policy}
  ! How many outputs are wrong.
  function {name}_selftest() result(wrong)
    integer :: wrong, row
    integer, parameter :: rows = {n_rows}
{rows}
    real(real64), parameter :: allowed({n_outputs}) = {allowed}
    real(real64) :: x({n_inputs}, rows), y({n_outputs}, rows), many({n_outputs}, rows)
    x = table(1:{n_inputs}, :)
    wrong = 0
    call {batch}(x, many)
    do row = 1, rows
      {call}
      associate (expected => table({n_inputs} + 1:, row))
        wrong = wrong + count(.not. abs(y(:, row) - expected) <= allowed)
        wrong = wrong + count(.not. abs(many(:, row) - expected) <= allowed)
      end associate
    end do
  end function
end module
"""
FUNCTIONS: Mapping[str, str] = {
    "one": """  elemental function {name}({parameters}) result(nsc_result)
    real(real64), intent(in) :: {names}
    real(real64) :: nsc_result
    real(real64) :: nsc_x({n_inputs}), nsc_y({n_outputs})
    nsc_x = [real(real64) :: {listed}]
    call nsc_answer(nsc_x, nsc_y)
    nsc_result = nsc_y(1)
  end function
""",
    "several": """  elemental subroutine {name}({parameters})
    real(real64), intent(in) :: {names}
    real(real64), intent(out) :: {results}
    real(real64) :: nsc_x({n_inputs}), nsc_y({n_outputs})
    nsc_x = [real(real64) :: {listed}]
    call nsc_answer(nsc_x, nsc_y)
{stored}
  end subroutine
""",
}
_INSIDE = """  pure function nsc_is_inside(x) result(is_inside)
    real(real64), intent(in) :: x({n_inputs})
    logical :: is_inside
    is_inside = all(x >= nsc_lows .and. x <= nsc_highs){tests}
  end function

"""
_ANSWER = """  pure subroutine nsc_answer(x, y)
    real(real64), intent(in) :: x({n_inputs})
    real(real64), intent(out) :: y({n_outputs})
"""
LEAVING: Mapping[str | None, str] = {
    None: _ANSWER
    + """    call {name}_raw(x, y)
  end subroutine
""",
    "raise": _INSIDE
    + _ANSWER
    + """    if (.not. nsc_is_inside(x)) &
      error stop "{name}: outside its domain"
    call {name}_raw(x, y)
  end subroutine
""",
    "clip": _ANSWER
    + """    real(real64) :: given({n_inputs})
    given = x
    where (x < nsc_lows) given = nsc_lows
    where (x > nsc_highs) given = nsc_highs
    call {name}_raw(given, y)
  end subroutine
""",
    "nan": _INSIDE
    + _ANSWER
    + """    y = ieee_value(1.0_real64, ieee_quiet_nan)
    if (nsc_is_inside(x)) call {name}_raw(x, y)
  end subroutine
""",
}
"""What is done outside the domain."""

VALUES: Mapping[str, str] = {
    "nsc_sigmoid": """  elemental function nsc_sigmoid(z) result(s)
    real(real64), intent(in) :: z
    real(real64) :: s, e
    e = exp(-abs(z))
    s = merge(1.0_real64, e, z >= 0.0_real64) / (1.0_real64 + e)
  end function

""",
    "nsc_relu": """  elemental function nsc_relu(z) result(s)
    real(real64), intent(in) :: z
    real(real64) :: s
    s = merge(0.0_real64, z, z < 0.0_real64)
  end function

""",
    "nsc_nearest": """  ! The nearest whole number; halves go away from zero.
  elemental function nsc_nearest(y, least, largest) result(s)
    real(real64), intent(in) :: y, least, largest
    real(real64) :: s
    s = y
    if (y <= least) s = least
    if (y >= largest) s = largest
    if (y > least .and. y < largest) &
      s = sign(aint(abs(y) + 0.5_real64), y) + 0.0_real64
  end function

""",
    "nsc_one_of": """  pure function nsc_one_of(y, thresholds, values) result(s)
    real(real64), intent(in) :: y, thresholds(:), values(:)
    real(real64) :: s
    s = values(1 + count(y > thresholds))
    if (ieee_is_nan(y)) s = y
  end function

""",
}
"""What networks and outputs call."""

HELPERS: Mapping[str, str] = {
    "fmin": """  elemental function nsc_fmin(a, b) result(s)
    real(real64), intent(in) :: a, b
    real(real64) :: s
    s = merge(a, b, a < b .or. ieee_is_nan(b))
  end function

""",
    "fmax": """  elemental function nsc_fmax(a, b) result(s)
    real(real64), intent(in) :: a, b
    real(real64) :: s
    s = merge(a, b, a > b .or. ieee_is_nan(b))
  end function

""",
    "pow": """  elemental function nsc_pow(a, b) result(s)
    real(real64), intent(in) :: a, b
    real(real64) :: s
    s = a ** b
  end function

""",
    "floor": """  elemental function nsc_floor(a) result(s)
    real(real64), intent(in) :: a
    real(real64) :: s
    s = aint(a)
    if (s > a) s = s - 1.0_real64
  end function

""",
}

DRIVER = """program driver
  use, intrinsic :: iso_fortran_env, only: real64
  use {name}_module
  implicit none
  real(real64) :: head(2)
  real(real64), allocatable :: x(:, :), y(:, :)
  integer :: called, rows, row, given, found
  if ({name}_selftest() /= 0) error stop "its self-test fails"
  open (newunit=given, file="x.bin", access="stream", form="unformatted", &
    action="read")
  open (newunit=found, file="y.bin", access="stream", form="unformatted", &
    action="write")
  read (given) head
  called = int(head(1))
  rows = called + int(head(2))
  allocate (x({n_inputs}, rows), y({n_outputs}, rows))
  read (given) x
  do row = 1, called
    {call}
  end do
  write (found) y(:, :called)
  call {batch}(x(:, :called), y(:, :called))
  write (found) y(:, :called)
  do row = called + 1, rows
    call {name}_raw(x(:, row), y(:, row))
  end do
  write (found) y(:, called + 1:)
  close (found)
end program
"""
