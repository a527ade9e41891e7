# ruff: noqa: D105 -- operators mean what they mean for numbers
"""SIMD by tracing: a kernel is Python that runs once, when numba compiles its caller, and emits code.

Its values are `Lanes`, 16 numbers, or half as many, that are computed with like one: doubles, or singles
where they are enough. Python's own loops over components and channels run while tracing, so the machine code
has none; a loop over samples is written `for i in loop(0, n)` and traced once, with its sums in a `Variable`.
A product that is added or subtracted is fused with that: `a * b + c` is rounded once.

No operation mixes lanes, and LLVM may not reorder any of these, so a pixel's result depends neither on its
lane, nor on its neighbours, nor on the machine's vector width (LLVM splits vectors where the machine's are
shorter).
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple, Union

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

WIDTH = 16  # two of the widest vectors: while a step of one waits for the step before, the other goes on
INT64, INT32, DOUBLE, SINGLE = ir.IntType(64), ir.IntType(32), ir.DoubleType(), ir.FloatType()
ROUND = 6755399441055744.0  # 1.5 * 2^52: adding it rounds to an integer, kept in the low bits

Number = Union["Lanes", "Scalar", float]
Index = Union["Scalar", int]
_tracing: list[ir.IRBuilder] = []  # numba compiles one function at a time


class Shape(NamedTuple):
    """What a kernel is compiled for: numba knows both as tuples of that length, and compiles for each."""

    components: int
    channels: int

    @classmethod
    def of(cls, components: int, channels: int) -> "Shape":
        """Return the shape of mixtures of so many components in so many channels, as numba takes it."""
        return cls((0,) * components, (0,) * channels)  # type: ignore[arg-type]


def emit() -> ir.IRBuilder:
    """Return what writes the machine code of the kernel that is being traced."""
    return _tracing[-1]


def _comparison(sign: str) -> Callable[["Lanes", Number], "Mask"]:
    return lambda a, b: Mask(emit().fcmp_ordered(sign, a.value, a.like(b).value))


def _function(name: str) -> Callable[["Lanes"], "Lanes"]:
    return lambda x: _llvm(name, x)


def _of_integers(name: str) -> Callable[["Scalar", Index], "Scalar"]:
    return lambda a, b: Scalar(getattr(emit(), name)(a.value, _integer(b)))


class Lanes:
    """A number per pixel, in double precision or in single."""

    def __init__(self, value: ir.Value) -> None:
        self.value = value

    def like(self, number: Number) -> "Lanes":
        """Return a number in as many lanes as these, of their precision."""
        return lanes(number, self.value.type)

    def single(self) -> "Lanes":
        """Round to single precision, which takes half the time."""
        return Lanes(emit().fptrunc(self.value, vector(WIDTH, SINGLE)))

    def double(self) -> "Lanes":
        """Return numbers of single precision in double precision."""
        return Lanes(emit().fpext(self.value, vector(self.value.type.count)))

    def bytes(self, count: int) -> list["Lanes"]:
        """Return the lowest bytes of whole numbers from -2^51 to 2^51, highest first, in single precision."""
        kind = vector(WIDTH, INT32)
        low = emit().trunc(emit().bitcast((self + ROUND).value, vector(WIDTH, INT64)), kind)
        shifted = [emit().lshr(low, constant(8 * place, kind)) for place in reversed(range(count))]
        parts = [emit().and_(one, constant(255, kind)) for one in shifted]
        return [Lanes(emit().uitofp(part, vector(WIDTH, SINGLE))) for part in parts]

    __lt__, __le__ = _comparison("<"), _comparison("<=")
    __gt__, __ge__ = _comparison(">"), _comparison(">=")
    equals = _comparison("==")

    def __add__(self, other: Number) -> "Lanes":
        if isinstance(other, Product):
            return fma(other.a, other.b, self)
        return Lanes(emit().fadd(self.value, self.like(other).value))

    def __sub__(self, other: Number) -> "Lanes":
        if isinstance(other, Product):
            return fma(-other.a, other.b, self)
        return Lanes(emit().fsub(self.value, self.like(other).value))

    def __mul__(self, other: Number) -> "Product":
        return Product(self, self.like(other))

    __radd__, __rmul__ = __add__, __mul__

    def __truediv__(self, other: Number) -> "Lanes":
        return Lanes(emit().fdiv(self.value, self.like(other).value))

    def __rsub__(self, other: Number) -> "Lanes":
        return self.like(other) - self

    def __rtruediv__(self, other: Number) -> "Lanes":
        return self.like(other) / self

    def __neg__(self) -> "Lanes":
        return Lanes(emit().fneg(self.value))

    __abs__, sqrt, floor = _function("fabs"), _function("sqrt"), _function("floor")

    def at_least(self, other: Number) -> "Lanes":
        """Larger of two numbers; `other` where this is none."""
        return select(self > other, self, other)

    def at_most(self, other: Number) -> "Lanes":
        """Smaller of two numbers; `other` where this is none."""
        return select(self < other, self, other)

    def in_order(self, other: "Lanes") -> tuple["Lanes", "Lanes"]:
        """Return the smaller and the larger of two numbers, neither of which is NaN."""
        flags = ("nnan", "nsz")
        return _llvm("minnum", self, other, flags=flags), _llvm("maxnum", self, other, flags=flags)


class Product(Lanes):
    """a * b, multiplied out only where it is not added to something."""

    def __init__(self, a: Lanes, b: Lanes) -> None:
        self.a, self.b = a, b

    @cached_property
    def value(self) -> ir.Value:
        """The vector."""
        return emit().fmul(self.a.value, self.b.value)

    def __add__(self, other: Number) -> Lanes:
        return fma(self.a, self.b, self.like(other))

    __radd__ = __add__

    def __sub__(self, other: Number) -> Lanes:
        return fma(self.a, self.b, -self.like(other))


class Mask:
    """One truth value per pixel."""

    def __init__(self, value: ir.Value) -> None:
        self.value = value

    def __and__(self, other: "Mask") -> "Mask":
        return Mask(emit().and_(self.value, other.value))

    def __or__(self, other: "Mask") -> "Mask":
        return Mask(emit().or_(self.value, other.value))

    def __invert__(self) -> "Mask":
        return Mask(emit().not_(self.value))

    def bits(self) -> ir.Value:
        """Integer whose bit i is the truth of lane i."""
        return emit().zext(emit().bitcast(self.value, ir.IntType(self.value.type.count)), INT64)

    def anywhere(self) -> Any:
        """Context of code that runs if any lane is true."""
        return emit().if_then(emit().icmp_unsigned("!=", self.bits(), INT64(0)))


class Scalar:
    """An integer that all pixels share, known when the kernel runs: an index, a number of samples."""

    def __init__(self, value: ir.Value) -> None:
        self.value = value

    __add__, __sub__, __mul__ = _of_integers("add"), _of_integers("sub"), _of_integers("mul")

    def at_most(self, limit: Index) -> "Scalar":
        """Return the smaller of two integers."""
        less = emit().icmp_signed("<", self.value, _integer(limit))
        return Scalar(emit().select(less, self.value, _integer(limit)))


class Rows:
    """Rows of a contiguous array (rows, 16) from some row on, or a half or one of their lanes."""

    def __init__(self, start: ir.Value, width: int = WIDTH) -> None:
        self._start, self._kind = start, vector(width, start.type.pointee)

    def _moved(self, numbers: Index) -> ir.Value:
        return emit().gep(self._start, [_integer(numbers)])

    def _pointer(self, row: Index) -> ir.Value:
        return emit().bitcast(self._moved(row * WIDTH), self._kind.as_pointer())

    def __getitem__(self, row: Index) -> Lanes:
        return Lanes(emit().load(self._pointer(row), align=4))

    def __setitem__(self, row: Index, value: Number) -> None:
        emit().store(lanes(value, self._kind).value, self._pointer(row), align=4)

    def block(self, first: Index, count: int) -> list[Lanes]:
        """Return `count` rows from `first` on."""
        return [self.part(first)[row] for row in range(count)]

    def put(self, first: Index, values: Iterable[Number]) -> None:
        """Set the rows from `first` on."""
        part = self.part(first)
        for row, value in enumerate(values):
            part[row] = value

    def part(self, first: Index) -> "Rows":
        """Return the rows from `first` on."""
        return Rows(self._moved(first * WIDTH), self._kind.count)

    def half(self, half: Index) -> "Rows":
        """Return the lower half of the lanes (0) or the upper (1)."""
        return Rows(self._moved(half * (WIDTH // 2)), WIDTH // 2)

    def lane(self, lane: Index) -> "Rows":
        """Return one of the lanes."""
        return Rows(self._moved(lane), 1)


class Table:
    """A contiguous array not in lanes: integers or bytes that all pixels share, or room for results."""

    def __init__(self, data: ir.Value, size: ir.Value) -> None:
        self.data, self.size = data, Scalar(size)

    def __getitem__(self, index: Scalar) -> Scalar:
        return Scalar(emit().load(emit().gep(self.data, [index.value])))

    def __setitem__(self, index: Scalar, lane: Lanes) -> None:
        emit().store(emit().extract_element(lane.value, INT32(0)), emit().gep(self.data, [index.value]))

    def colours(self, first: Scalar, channels: int) -> list[Lanes]:
        """Return the channels of 16 pixels, side by side from byte `first` on."""
        kind = ir.VectorType(ir.IntType(8), channels * WIDTH)
        place = emit().bitcast(emit().gep(self.data, [first.value]), kind.as_pointer())
        values = emit().load(place, align=1)
        parted = [_chosen(values, range(c, channels * WIDTH, channels)) for c in range(channels)]
        return [Lanes(emit().uitofp(channel, vector(WIDTH))) for channel in parted]


class Variable:
    """Lanes that a loop or a condition changes; in a register."""

    def __init__(self, start: Number) -> None:
        self._kind = lanes(start).value.type
        self._place = cgutils.alloca_once(emit(), self._kind)
        self.set(start)

    def set(self, value: Number) -> None:
        """Give it another value."""
        emit().store(lanes(value, self._kind).value, self._place)

    def get(self) -> Lanes:
        """Return its present value."""
        return Lanes(emit().load(self._place))

    def __iadd__(self, other: Lanes) -> "Variable":
        self.set(self.get() + other)
        return self


def loop(start: Index, stop: Index, step: int = 1) -> Iterator[Scalar]:
    """Yield the index of a loop, once: its body is traced once, and runs for every index."""
    with cgutils.for_range_slice(emit(), _integer(start), _integer(stop), INT64(step)) as (index, _):
        yield Scalar(index)


def vector(width: int, element: ir.Type = DOUBLE) -> ir.VectorType:
    """Return the type of so many numbers of a type."""
    return ir.VectorType(element, width)


ALL = vector(WIDTH)


def lanes(number: Number, kind: ir.VectorType = ALL) -> Lanes:
    """Return a number in every lane of a vector of that type."""
    if isinstance(number, Lanes):
        return number
    if isinstance(number, Scalar):
        return _repeated(emit().sitofp(number.value, kind.element), kind.count)
    return Lanes(constant(float(number), kind))


def constant(number: float, kind: ir.VectorType) -> ir.Constant:
    """Return a number that is known while tracing in every place of a vector of that type."""
    return ir.Constant(kind, [number] * kind.count)


def select(condition: Mask, a: Number, b: Number) -> Lanes:
    """Take `a` in the lanes where `condition` is true, and `b` in the others."""
    known = (number.value.type for number in (a, b) if isinstance(number, Lanes))
    kind = next(known, vector(condition.value.type.count))
    return Lanes(emit().select(condition.value, lanes(a, kind).value, lanes(b, kind).value))


def fma(a: Lanes, b: Lanes, c: Lanes) -> Lanes:
    """Return a * b + c, rounded once."""
    return _llvm("fma", a, b, c)


def _llvm(name: str, *arguments: Lanes, flags: Sequence[str] = ()) -> Lanes:
    """Call LLVM's function of that name; `flags` say what it need not mind."""
    kind = arguments[0].value.type
    function_type = ir.FunctionType(kind, [kind] * len(arguments))
    full_name = f"llvm.{name}.v{kind.count}f{64 if kind.element == DOUBLE else 32}"
    function = cgutils.get_or_insert_function(emit().module, function_type, full_name)
    return Lanes(emit().call(function, [argument.value for argument in arguments], fastmath=flags))


def _integer(number: Index) -> ir.Value:
    return number.value if isinstance(number, Scalar) else INT64(number)


def _repeated(number: ir.Value, width: int) -> Lanes:
    nothing = ir.Constant(vector(width, number.type), ir.Undefined)
    first = emit().insert_element(nothing, number, INT32(0))
    return Lanes(_chosen(first, [0] * width))


def _chosen(values: ir.Value, places: Sequence[int]) -> ir.Value:
    """Return those lanes of a vector."""
    order = ir.Constant(vector(len(places), INT32), list(places))
    return emit().shuffle_vector(values, ir.Constant(values.type, ir.Undefined), order)


def _traced(context: Any, kind: types.Type, value: ir.Value) -> Any:
    """Return what stands for an argument of numba's type `kind` while tracing."""
    if isinstance(kind, types.BaseNamedTuple):
        parts = zip(kind, cgutils.unpack_tuple(emit(), value), strict=True)
        return kind.instance_class(*(_traced(context, *part) for part in parts))
    if isinstance(kind, types.UniTuple):
        return kind.count
    if isinstance(kind, types.Array):
        array = context.make_array(kind)(context, emit(), value)
        in_lanes = isinstance(kind.dtype, types.Float) and kind.ndim == 2
        return Rows(array.data) if in_lanes else Table(array.data, array.nitems)
    if isinstance(kind, types.Integer):
        return Scalar(context.cast(emit(), value, kind, types.int64))
    return _repeated(value, WIDTH)


def kernel(function: Callable[..., Mask | None]) -> Callable[..., Any]:
    """Make a traced function callable from compiled code.

    Tuples arrive as their lengths, named tuples as themselves, arrays (rows, 16) of floats as Rows, others as
    Tables, integers as Scalars, floats as Lanes. Of a mask that it returns the caller gets the bits.
    """
    signature = inspect.signature(function)
    returns = types.none if signature.return_annotation is None else types.int64

    def typed(typing_context: Any, *kinds: types.Type) -> tuple[Any, Callable]:
        def codegen(context: Any, builder: ir.IRBuilder, types_: Any, arguments: Any) -> ir.Value:
            _tracing.append(builder)
            try:
                result = function(*map(_traced, [context] * len(arguments), types_.args, arguments))
                return context.get_dummy_value() if result is None else result.bits()
            finally:
                _tracing.pop()

        return returns(*kinds), codegen

    # numba reads from it, after the first, by what names the kernel may be given its arguments.
    first = inspect.Parameter("typing_context", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    typed.__signature__ = signature.replace(parameters=[first, *signature.parameters.values()])  # type: ignore[attr-defined]
    typed.__name__ = function.__name__
    return intrinsic(typed)
