//! The names of Python that a pickle of weights may hold. Whatever is not here is refused, and nothing is ever run.

use super::strided::Kind;

/// Something that a pickle names and that is neither a tensor nor a plain value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "it holds {0:?}, and only tensors and plain values are read (nothing in the file was run); save the weights alone, with \
     torch.save(model.state_dict(), …)"
)]
pub struct Forbidden(pub String);

/// The things of Python that may be named.
#[derive(Clone, Copy, Debug)]
pub(super) enum Global {
    OrderedDict,
    RebuildTensor,
    RebuildParameter,
    Size,
    /// `torch.device`: what it is called with does not matter.
    Device,
    /// A `torch.dtype`.
    Dtype,
    Storage(Kind),
}

impl Global {
    pub(super) fn named(module: &str, name: &str) -> Result<Self, Forbidden> {
        let storage = |name: &str| {
            Some(match name {
                "FloatStorage" => Kind::F32,
                "DoubleStorage" => Kind::F64,
                "HalfStorage" => Kind::F16,
                "BFloat16Storage" => Kind::Bf16,
                "LongStorage" => Kind::Other(8),
                "IntStorage" => Kind::Other(4),
                "ShortStorage" => Kind::Other(2),
                "CharStorage" | "ByteStorage" | "BoolStorage" => Kind::Other(1),
                _ => return None,
            })
        };
        let dtypes = [
            "float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool", "float",
            "double", "half", "long", "int", "short",
        ];
        match (module, name) {
            ("collections", "OrderedDict") => Ok(Self::OrderedDict),
            ("torch._utils", "_rebuild_tensor_v2") => Ok(Self::RebuildTensor),
            ("torch._utils", "_rebuild_parameter") => Ok(Self::RebuildParameter),
            ("torch", "Size") => Ok(Self::Size),
            ("torch", "device") => Ok(Self::Device),
            ("torch", name) if dtypes.contains(&name) => Ok(Self::Dtype),
            ("torch" | "torch.storage", name) => {
                storage(name).map(Self::Storage).ok_or_else(|| Forbidden(format!("{module}.{name}")))
            }
            _ => Err(Forbidden(format!("{module}.{name}"))),
        }
    }
}
