"""Vectors of samples in compiled code: one arithmetic operation, one instruction for all lanes.

Numba leaves vectorisation to LLVM, which gives up on the short loops over samples that circuits
need: two arrays might overlap. Here a vector is a value of its own, ``vector(dtype, width)``, with
`load`, `store` and arithmetic; a scalar operand is broadcast. How many lanes there are is the
length of a tuple, ``lanes``, so that it is known when code is compiled.
"""

import math
import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core.typing.templates import AbstractTemplate, infer_global
from numba.core.typing.templates import signature as typing_signature
from numba.extending import intrinsic, lower_builtin, models, register_model

_FLAGS = ("contract", "nsz")  # fused multiply-add; nothing that loses a NaN or reorders a sum

_TWO_PI = (6.2831854820251465, -1.748455600074497e-07)  # the first in 24 bits: k times it is exact
_LN_2 = (0.693359375, -2.1219444005469057e-4)  # in 10 bits, and the rest


class VectorType(types.Type):  # type: ignore[misc]
    """The numba type of a vector of ``width`` numbers of type ``dtype``."""

    def __init__(self, dtype: types.Float, width: int) -> None:
        self.dtype, self.width = dtype, width
        super().__init__(name=f"vector({dtype}, {width})")


@register_model(VectorType)
class _VectorModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, numba_type: VectorType) -> None:
        element = manager.lookup(numba_type.dtype).get_value_type()
        super().__init__(manager, numba_type, ir.VectorType(element, numba_type.width))


def _instruction(function: Callable[..., Any]) -> Any:
    """What ``function`` emits, as a function of compiled code."""
    return intrinsic(function)


def _splat(context: Any, builder: Any, value: Any, numba_type: Any, vector: VectorType) -> Any:
    """``value`` in every lane, unless it is a vector already."""
    if isinstance(numba_type, VectorType):
        return value
    element = context.cast(builder, value, numba_type, vector.dtype)
    empty = ir.Constant(ir.VectorType(element.type, vector.width), ir.Undefined)
    one = builder.insert_element(empty, element, ir.Constant(ir.IntType(32), 0))
    lanes = ir.Constant(ir.VectorType(ir.IntType(32), vector.width), [0] * vector.width)
    return builder.shuffle_vector(one, empty, lanes)


def _binary(symbol: Callable[..., Any], name: str) -> None:
    """Let ``symbol`` take vectors, and vectors with numbers."""

    def generic(self: Any, args: Any, kws: Any) -> Any:
        vectors = [a for a in args if isinstance(a, VectorType)]
        others = [a for a in args if not isinstance(a, VectorType)]
        if kws or not vectors or not all(isinstance(a, types.Number) for a in others):
            return None
        return typing_signature(vectors[0], *args)

    template = type(f"_Vector_{name}", (AbstractTemplate,), {"generic": generic})
    infer_global(symbol)(template)

    def lower(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vector = signature.return_type
        pair = zip(args, signature.args, strict=True)
        left, right = (_splat(context, builder, v, t, vector) for v, t in pair)
        return getattr(builder, name)(left, right, flags=_FLAGS)

    for a, b in ((VectorType, VectorType), (VectorType, types.Number), (types.Number, VectorType)):
        lower_builtin(symbol, a, b)(lower)


_binary(operator.add, "fadd")
_binary(operator.sub, "fsub")
_binary(operator.mul, "fmul")
_binary(operator.truediv, "fdiv")


def _pointer(
    context: Any, builder: Any, array_type: Any, array: Any, index: Any, pointee: Any
) -> Any:
    data = context.make_array(array_type)(context, builder, value=array).data
    return builder.bitcast(builder.gep(data, [index]), pointee.as_pointer())


@_instruction
def load(typingctx: Any, array: Any, offset: Any, lanes: Any) -> Any:
    """The ``len(lanes)`` numbers of a flat array that start at ``offset``; not checked."""
    vector = VectorType(array.dtype, lanes.count)

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        index = context.cast(builder, args[1], signature.args[1], types.intp)
        pointee = context.get_value_type(vector)
        value = builder.load(_pointer(context, builder, signature.args[0], args[0], index, pointee))
        value.align = array.dtype.bitwidth // 8
        return value

    return vector(array, offset, lanes), emit


@_instruction
def store(typingctx: Any, array: Any, offset: Any, value: Any) -> Any:
    """Write a vector to a flat array from ``offset`` on; not checked."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        index = context.cast(builder, args[1], signature.args[1], types.intp)
        target = _pointer(context, builder, signature.args[0], args[0], index, args[2].type)
        builder.store(args[2], target).align = array.dtype.bitwidth // 8
        return context.get_dummy_value()

    return types.void(array, offset, value), emit


@_instruction
def broadcast(typingctx: Any, array: Any, number: Any, lanes: Any) -> Any:
    """``number`` in every lane, in the precision of ``array``."""
    vector = VectorType(array.dtype, lanes.count)

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _splat(context, builder, args[1], signature.args[1], vector)

    return vector(array, number, lanes), emit


@_instruction
def total(typingctx: Any, vector: Any) -> Any:
    """The sum over the lanes, in order."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        result = builder.extract_element(args[0], ir.Constant(ir.IntType(32), 0))
        for lane in range(1, vector.width):
            place = ir.Constant(ir.IntType(32), lane)
            result = builder.fadd(result, builder.extract_element(args[0], place))
        return result

    return vector.dtype(vector), emit


def _number(kind: Any, value: float) -> Any:
    return ir.Constant(kind, [value] * kind.count)


def _call(builder: Any, name: str, *args: Any) -> Any:
    kind = args[0].type
    signature = ir.FunctionType(kind, [kind] * len(args))
    suffix = "f32" if isinstance(kind.element, ir.FloatType) else "f64"
    full_name = f"llvm.{name}.v{kind.count}{suffix}"
    function = builder.module.globals.get(full_name)
    function = function or ir.Function(builder.module, signature, full_name)
    return builder.call(function, args)


@_instruction
def remainder(typingctx: Any, vector: Any) -> Any:
    """An angle less the nearest multiple of 2 pi, worked out in double precision."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        single = vector.dtype == types.float32
        double = ir.VectorType(ir.DoubleType(), vector.width)
        angle = builder.fpext(args[0], double) if single else args[0]
        turns = _call(builder, "rint", builder.fmul(angle, _number(double, 0.5 / math.pi)))
        for part in _TWO_PI:
            angle = builder.fsub(angle, builder.fmul(turns, _number(double, part)))
        return builder.fptrunc(angle, args[0].type) if single else angle

    return vector(vector), emit


@_instruction
def exp_parts(typingctx: Any, vector: Any) -> Any:
    """``(r, 2**k)`` with ``exp(x) = exp(r) 2**k`` and ``|r| <= ln(2) / 2``; x is clamped."""
    single = vector.dtype == types.float32
    limit, mantissa, bias = (87.0, 23, 127) if single else (708.0, 52, 1023)

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = args[0].type
        integers = ir.VectorType(ir.IntType(32 if single else 64), vector.width)
        x = _call(builder, "minnum", args[0], _number(kind, limit))
        x = _call(builder, "maxnum", x, _number(kind, -limit))
        k = _call(builder, "rint", builder.fmul(x, _number(kind, 1 / math.log(2))))
        for part in _LN_2:
            x = builder.fsub(x, builder.fmul(k, _number(kind, part)), flags=_FLAGS)
        exponent = builder.add(builder.fptosi(k, integers), _number(integers, bias))
        power = builder.bitcast(builder.shl(exponent, _number(integers, mantissa)), kind)
        return context.make_tuple(builder, signature.return_type, (x, power))

    return types.UniTuple(vector, 2)(vector), emit
