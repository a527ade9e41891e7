"""SIMD for compiled code: `Lanes` are 8 doubles that are computed with like one.

A kernel written with them does for 8 pixels at once what it says for one. No operation mixes lanes, so a
pixel's result depends neither on its lane, nor on its neighbours, nor on the machine's vector width (LLVM
splits the vectors where the machine's are shorter). Loops over pixels that LLVM vectorises by itself would
keep their sums in memory; lanes stay in registers.
"""

import operator

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel import PrimitiveModel
from numba.extending import intrinsic, overload, register_model

WIDTH = 8
VECTOR = ir.VectorType(ir.DoubleType(), WIDTH)
INTEGERS = ir.VectorType(ir.IntType(64), WIDTH)
BITS = ir.VectorType(ir.IntType(1), WIDTH)


class Lanes(types.Type):
    """8 doubles."""

    def __init__(self) -> None:
        super().__init__("Lanes")


class Mask(types.Type):
    """8 truth values."""

    def __init__(self) -> None:
        super().__init__("Mask")


lanes, mask = Lanes(), Mask()


@register_model(Lanes)
class _LanesModel(PrimitiveModel):
    def __init__(self, manager, fe_type):
        super().__init__(manager, fe_type, VECTOR)


@register_model(Mask)
class _MaskModel(PrimitiveModel):
    def __init__(self, manager, fe_type):
        super().__init__(manager, fe_type, BITS)


def _splat(builder: ir.IRBuilder, value: ir.Value, kind: ir.VectorType = VECTOR) -> ir.Value:
    """Return the vector with `value` in every lane."""
    first = builder.insert_element(ir.Constant(kind, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    order = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)
    return builder.shuffle_vector(first, ir.Constant(kind, ir.Undefined), order)


def _integers(value: int) -> ir.Constant:
    return ir.Constant(INTEGERS, [value] * WIDTH)


def _as_lanes(context, builder, value, kind):
    """Lanes from lanes, or from a number by repeating it."""
    if kind == lanes:
        return value
    return _splat(builder, context.cast(builder, value, kind, types.float64))


def _pair_operation(result, emit):
    """Make an intrinsic of two lanes or numbers, of which one is lanes."""

    @intrinsic
    def operation(typing_context, a, b):
        if lanes not in (a, b) or not all(t == lanes or isinstance(t, types.Number) for t in (a, b)):
            return None

        def codegen(context, builder, signature, arguments):
            return emit(
                builder,
                _as_lanes(context, builder, arguments[0], a),
                _as_lanes(context, builder, arguments[1], b),
            )

        return result(a, b), codegen

    return operation


def _overload_operator(symbol, result, emit):
    operation = _pair_operation(result, emit)

    def implementation(a, b):
        if lanes in (a, b):
            return lambda a, b: operation(a, b)
        return None

    overload(symbol)(implementation)


_overload_operator(operator.add, lanes, lambda builder, a, b: builder.fadd(a, b))
_overload_operator(operator.sub, lanes, lambda builder, a, b: builder.fsub(a, b))
_overload_operator(operator.mul, lanes, lambda builder, a, b: builder.fmul(a, b))
_overload_operator(operator.truediv, lanes, lambda builder, a, b: builder.fdiv(a, b))
_overload_operator(operator.lt, mask, lambda builder, a, b: builder.fcmp_ordered("<", a, b))
_overload_operator(operator.le, mask, lambda builder, a, b: builder.fcmp_ordered("<=", a, b))
_overload_operator(operator.ge, mask, lambda builder, a, b: builder.fcmp_ordered(">=", a, b))

maximum = _pair_operation(lanes, lambda builder, a, b: builder.select(builder.fcmp_ordered(">", a, b), a, b))
minimum = _pair_operation(lanes, lambda builder, a, b: builder.select(builder.fcmp_ordered("<", a, b), a, b))


def _llvm_function(name, count):
    """Make an intrinsic of `count` lanes from LLVM's function of that name."""

    def codegen(context, builder, signature, arguments):
        kind = ir.FunctionType(VECTOR, [VECTOR] * count)
        function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.{name}.v{WIDTH}f64")
        return builder.call(
            function,
            [_as_lanes(context, builder, v, t) for v, t in zip(arguments, signature.args, strict=True)],
        )

    return codegen


@intrinsic
def fma(typing_context, a, b, c):
    """Return a * b + c, rounded once."""
    return lanes(a, b, c), _llvm_function("fma", 3)


@intrinsic
def sqrt(typing_context, a):
    """Square root."""
    return lanes(a), _llvm_function("sqrt", 1)


@intrinsic
def floor(typing_context, a):
    """Largest integer that is not larger."""
    return lanes(a), _llvm_function("floor", 1)


@intrinsic
def absolute(typing_context, a):
    """Absolute value."""
    return lanes(a), _llvm_function("fabs", 1)


@intrinsic
def select(typing_context, condition, a, b):
    """Take `a` in the lanes where `condition` is true, and `b` in the others."""
    if condition != mask:
        return None

    def codegen(context, builder, signature, arguments):
        condition_, a_, b_ = arguments
        return builder.select(
            condition_, _as_lanes(context, builder, a_, a), _as_lanes(context, builder, b_, b)
        )

    return lanes(condition, a, b), codegen


def _mask_operation(emit):
    @intrinsic
    def operation(typing_context, a, b):
        return mask(a, b), lambda context, builder, signature, arguments: emit(builder, *arguments)

    return operation


both = _mask_operation(lambda builder, a, b: builder.and_(a, b))
either = _mask_operation(lambda builder, a, b: builder.or_(a, b))


@intrinsic
def bits(typing_context, condition):
    """Integer whose bit i is the truth of lane i."""

    def codegen(context, builder, signature, arguments):
        return builder.zext(builder.bitcast(arguments[0], ir.IntType(WIDTH)), ir.IntType(64))

    return types.int64(condition), codegen


@intrinsic
def splat(typing_context, number):
    """Lanes that all hold `number`."""

    def codegen(context, builder, signature, arguments):
        return _as_lanes(context, builder, arguments[0], number)

    return lanes(number), codegen


def _pointer(context, builder, signature, arguments):
    """Pointer to the row of 8 doubles that (array, row) name."""
    array = context.make_array(signature.args[0])(context, builder, arguments[0])
    row = context.cast(builder, arguments[1], signature.args[1], types.intp)
    place = builder.mul(row, ir.Constant(row.type, WIDTH))
    pointer = builder.gep(array.data, [place])
    return builder.bitcast(pointer, VECTOR.as_pointer())


@intrinsic
def load(typing_context, array, row):
    """Row `row` of a contiguous float64 array (rows, 8)."""

    def codegen(context, builder, signature, arguments):
        return builder.load(_pointer(context, builder, signature, arguments), align=8)

    return lanes(array, row), codegen


@intrinsic
def load_colours(typing_context, frame, pixel):
    """Red, green and blue of 8 pixels from `pixel` on, of a contiguous uint8 array (pixels, 3)."""

    def codegen(context, builder, signature, arguments):
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        row = context.cast(builder, arguments[1], signature.args[1], types.intp)
        pointer = builder.gep(array.data, [builder.mul(row, ir.Constant(row.type, 3))])
        kind = ir.VectorType(ir.IntType(8), 3 * WIDTH)
        values = builder.load(builder.bitcast(pointer, kind.as_pointer()), align=1)
        channels = []
        for c in range(3):
            order = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [3 * lane + c for lane in range(WIDTH)])
            channel = builder.shuffle_vector(values, ir.Constant(kind, ir.Undefined), order)
            channels.append(builder.uitofp(channel, VECTOR))
        return context.make_tuple(builder, signature.return_type, channels)

    return types.UniTuple(lanes, 3)(frame, pixel), codegen


@intrinsic
def store(typing_context, array, row, value):
    """Write `value` into row `row` of a contiguous float64 array (rows, 8)."""

    def codegen(context, builder, signature, arguments):
        value_ = _as_lanes(context, builder, arguments[2], value)
        builder.store(value_, _pointer(context, builder, signature, arguments), align=8)
        return context.get_dummy_value()

    return types.none(array, row, value), codegen


@intrinsic
def power_of_two(typing_context, shifted):
    """2^n from `shifted` = n + 1.5 * 2^52, whose low bits are n, for |n| < 1023."""

    def codegen(context, builder, signature, arguments):
        integers = builder.bitcast(arguments[0], INTEGERS)
        exponent = builder.shl(builder.add(integers, _integers(1023)), _integers(52))
        return builder.bitcast(exponent, VECTOR)

    return lanes(shifted), codegen


@intrinsic
def mantissa(typing_context, x):
    """Mantissa m in [sqrt(1/2), sqrt(2)) of positive normal x = m 2^n."""

    def codegen(context, builder, signature, arguments):
        integers = builder.bitcast(arguments[0], INTEGERS)
        n = builder.ashr(builder.sub(integers, _integers(0x3FE6A09E667F3BCD)), _integers(52))
        return builder.bitcast(builder.sub(integers, builder.shl(n, _integers(52))), VECTOR)

    return lanes(x), codegen


@intrinsic
def exponent(typing_context, x):
    """Exponent n of positive normal x = m 2^n, m in [sqrt(1/2), sqrt(2)), as double."""

    def codegen(context, builder, signature, arguments):
        integers = builder.bitcast(arguments[0], INTEGERS)
        n = builder.ashr(builder.sub(integers, _integers(0x3FE6A09E667F3BCD)), _integers(52))
        return builder.sitofp(n, VECTOR)

    return lanes(x), codegen
