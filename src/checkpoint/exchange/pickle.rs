//! The pickles of `torch.save`, read as data: nothing in them is ever run, and what is not known is refused by name.
//!
//! A pickle is a program for a stack machine (Python's `pickletools` lists its operations). This one knows those that
//! protocols 2 to 5 use for dictionaries, lists, numbers, texts and PyTorch's tensors. Values live in one vector and
//! name each other by their places, so that neither depth nor cycles can exhaust the stack.

use super::globals::{Forbidden, Global};
use super::strided::{Kind, View};
use std::collections::HashMap;

/// A pickle that is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PickleError {
    /// It asks for something other than tensors and plain values.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// It ends early, or makes no sense.
    #[error("its pickle is broken at byte {at}: {reason}")]
    Broken {
        /// Where.
        at: usize,
        /// Why.
        reason: String,
    },
}

/// The numbers of a tensor in the archive: `data/<key>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Storage {
    /// What its numbers are.
    pub kind: Kind,
    /// Its name in the archive.
    pub key: String,
    /// How many numbers it has.
    pub elements: usize,
}

/// A tensor before its numbers are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// Where its numbers are.
    pub storage: Storage,
    /// Which of them.
    pub view: View,
}

/// The tensors that one dictionary holds, by name.
pub type Dictionary = Vec<(String, Described)>;

/// A place in [`Machine::values`].
type Id = usize;

// What a pickle can name again and again by a byte or two must be small wherever it is copied.
const MOST_ARGUMENTS: usize = 16;
const LONGEST_NAME: usize = 256;

#[derive(Clone, Debug)]
enum Value {
    /// `None`, a truth value, a float, a set: of no further interest.
    Plain,
    Int(i64),
    Text(String),
    /// A tuple, a list, a `torch.Size`.
    Sequence(Vec<Id>),
    Dictionary(Vec<(Id, Id)>),
    Global(Global),
    Storage(Storage),
    Tensor(Described),
}

/// Reads a pickle. Returns every dictionary in it that holds tensors under texts, in the order of their making.
pub fn parse(pickle: &[u8]) -> Result<Vec<Dictionary>, PickleError> {
    let mut machine = Machine {
        input: pickle,
        at: 0,
        values: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
    };
    machine.run().map_err(|fault| match fault {
        Fault::Forbidden(forbidden) => forbidden.into(),
        Fault::Broken(reason) => PickleError::Broken { at: machine.at, reason },
    })?;
    Ok(machine.dictionaries())
}

enum Fault {
    Forbidden(Forbidden),
    Broken(String),
}

impl From<Forbidden> for Fault {
    fn from(forbidden: Forbidden) -> Self {
        Self::Forbidden(forbidden)
    }
}

fn broken<T>(reason: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Broken(reason.into()))
}

struct Machine<'a> {
    input: &'a [u8],
    at: usize,
    values: Vec<Value>,
    stack: Vec<Id>,
    /// Heights of the stack.
    marks: Vec<usize>,
    memo: HashMap<u32, Id>,
}

impl Machine<'_> {
    /// Every operation takes a byte at least and makes one value at most: memory is bounded by the pickle's length.
    fn run(&mut self) -> Result<(), Fault> {
        loop {
            let [operation] = self.take()?;
            match operation {
                b'.' => return self.pop().map(|_| ()),
                // PROTO, FRAME
                0x80 => match self.take()? {
                    [2..=5] => {}
                    [version] => return broken(format!("protocol {version}, and 2 to 5 are known")),
                },
                0x95 => drop(self.take::<8>()?),
                // MARK, POP, POP_MARK, DUP
                b'(' => self.marks.push(self.stack.len()),
                b'0' => drop(self.pop()?),
                b'1' => drop(self.since_mark()?),
                b'2' => {
                    let top = self.top()?;
                    self.stack.push(top);
                }
                // NONE, NEWTRUE, NEWFALSE, EMPTY_SET; BINFLOAT
                b'N' | 0x88 | 0x89 | 0x8f => self.push(Value::Plain),
                b'G' => {
                    self.take::<8>()?;
                    self.push(Value::Plain);
                }
                // BININT, BININT1, BININT2, LONG1
                b'J' => {
                    let bytes = self.take()?;
                    self.push(Value::Int(i32::from_le_bytes(bytes).into()));
                }
                b'K' => {
                    let [byte] = self.take()?;
                    self.push(Value::Int(byte.into()));
                }
                b'M' => {
                    let bytes = self.take()?;
                    self.push(Value::Int(u16::from_le_bytes(bytes).into()));
                }
                0x8a => self.long()?,
                // BINUNICODE, SHORT_BINUNICODE, BINUNICODE8; BINSTRING, SHORT_BINSTRING
                b'X' | b'T' => {
                    let length = u32::from_le_bytes(self.take()?);
                    self.text(length as usize)?;
                }
                0x8c | b'U' => {
                    let [length] = self.take()?;
                    self.text(length.into())?;
                }
                0x8d => {
                    let length = u64::from_le_bytes(self.take()?);
                    self.text(usize::try_from(length).unwrap_or(usize::MAX))?;
                }
                // BINBYTES, SHORT_BINBYTES
                b'B' => {
                    let length = u32::from_le_bytes(self.take()?);
                    self.slice(length as usize)?;
                    self.push(Value::Plain);
                }
                b'C' => {
                    let [length] = self.take()?;
                    self.slice(length.into())?;
                    self.push(Value::Plain);
                }
                // EMPTY_TUPLE, EMPTY_LIST, EMPTY_DICT
                b')' | b']' => self.push(Value::Sequence(Vec::new())),
                b'}' => self.push(Value::Dictionary(Vec::new())),
                // TUPLE, LIST, DICT, FROZENSET; TUPLE1, TUPLE2, TUPLE3
                b't' | b'l' => {
                    let items = self.since_mark()?;
                    self.push(Value::Sequence(items));
                }
                b'd' => {
                    let items = self.since_mark()?;
                    let pairs = pairs(&items)?;
                    self.push(Value::Dictionary(pairs));
                }
                0x91 => {
                    self.since_mark()?;
                    self.push(Value::Plain);
                }
                0x85..=0x87 => {
                    let count = usize::from(operation - 0x84);
                    let Some(from) = self.stack.len().checked_sub(count).filter(|&from| from >= self.floor()) else {
                        return broken("a tuple of more values than there are");
                    };
                    let items = self.stack.split_off(from);
                    self.push(Value::Sequence(items));
                }
                // APPEND, APPENDS, ADDITEMS, SETITEM, SETITEMS
                b'a' => {
                    let item = self.pop()?;
                    self.append(&[item])?;
                }
                b'e' | 0x90 => {
                    let items = self.since_mark()?;
                    self.append(&items)?;
                }
                b's' => {
                    let (value, key) = (self.pop()?, self.pop()?);
                    self.set(&[key, value])?;
                }
                b'u' => {
                    let items = self.since_mark()?;
                    self.set(&items)?;
                }
                // BINPUT, LONG_BINPUT, MEMOIZE, BINGET, LONG_BINGET
                b'q' => {
                    let [place] = self.take()?;
                    self.remember(place.into())?;
                }
                b'r' => {
                    let place = u32::from_le_bytes(self.take()?);
                    self.remember(place)?;
                }
                0x94 => self.remember(self.memo.len() as u32)?,
                b'h' => {
                    let [place] = self.take()?;
                    self.recall(place.into())?;
                }
                b'j' => {
                    let place = u32::from_le_bytes(self.take()?);
                    self.recall(place)?;
                }
                // GLOBAL, STACK_GLOBAL
                b'c' => {
                    let (module, name) = (self.line()?, self.line()?);
                    self.push(Value::Global(Global::named(&module, &name)?));
                }
                0x93 => {
                    let (name, module) = (self.pop()?, self.pop()?);
                    let (Value::Text(module), Value::Text(name)) = (&self.values[module], &self.values[name]) else {
                        return broken("a name that is no text");
                    };
                    let global = Global::named(module, name)?;
                    self.push(Value::Global(global));
                }
                // REDUCE, BUILD, BINPERSID
                b'R' => self.reduce()?,
                b'b' => self.build()?,
                b'Q' => self.storage()?,
                other => return broken(format!("operation {other:#04x}, which no file of weights needs")),
            }
        }
    }

    fn slice(&mut self, length: usize) -> Result<&[u8], Fault> {
        let end = self.at.checked_add(length).filter(|&end| end <= self.input.len());
        let Some(end) = end else { return broken("it ends in the middle of a value") };
        let slice = &self.input[self.at..end];
        self.at = end;
        Ok(slice)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let slice = self.slice(N)?;
        slice.try_into().map_err(|_| Fault::Broken("it ends in the middle of a value".into()))
    }

    fn line(&mut self) -> Result<String, Fault> {
        let length = self.input[self.at..].iter().position(|&byte| byte == b'\n');
        let Some(length) = length else { return broken("a name without an end") };
        let line = String::from_utf8_lossy(self.slice(length)?).into_owned();
        self.at += 1;
        Ok(line)
    }

    fn text(&mut self, length: usize) -> Result<(), Fault> {
        let text = String::from_utf8_lossy(self.slice(length)?).into_owned();
        self.push(Value::Text(text));
        Ok(())
    }

    fn long(&mut self) -> Result<(), Fault> {
        let [length] = self.take()?;
        let bytes = self.slice(length.into())?;
        let negative = bytes.last().is_some_and(|&byte| byte >= 0x80);
        let mut number = [if negative { 0xff } else { 0 }; 8];
        let value = if let Some(place) = number.get_mut(..bytes.len()) {
            place.copy_from_slice(bytes);
            Value::Int(i64::from_le_bytes(number))
        } else {
            // A number too large to be a size.
            Value::Plain
        };
        self.push(value);
        Ok(())
    }

    fn push(&mut self, value: Value) {
        self.values.push(value);
        self.stack.push(self.values.len() - 1);
    }

    /// Below this the stack belongs to what came before the last mark.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn pop(&mut self) -> Result<Id, Fault> {
        if self.stack.len() <= self.floor() {
            return broken("a value is asked for and there is none");
        }
        self.stack.pop().map_or_else(|| broken("a value is asked for and there is none"), Ok)
    }

    fn top(&self) -> Result<Id, Fault> {
        let top = self.stack[self.floor().min(self.stack.len())..].last();
        top.copied().map_or_else(|| broken("a value is asked for and there is none"), Ok)
    }

    fn since_mark(&mut self) -> Result<Vec<Id>, Fault> {
        let Some(mark) = self.marks.pop() else { return broken("a mark is asked for and there is none") };
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }

    fn remember(&mut self, place: u32) -> Result<(), Fault> {
        let top = self.top()?;
        self.memo.insert(place, top);
        Ok(())
    }

    fn recall(&mut self, place: u32) -> Result<(), Fault> {
        let Some(&id) = self.memo.get(&place) else { return broken(format!("nothing was kept under {place}")) };
        self.stack.push(id);
        Ok(())
    }

    fn append(&mut self, items: &[Id]) -> Result<(), Fault> {
        let top = self.top()?;
        match &mut self.values[top] {
            Value::Sequence(sequence) => sequence.extend_from_slice(items),
            // A set.
            Value::Plain => {}
            _ => return broken("something is appended to what is no list"),
        }
        Ok(())
    }

    fn set(&mut self, items: &[Id]) -> Result<(), Fault> {
        let pairs = pairs(items)?;
        let top = self.top()?;
        let Value::Dictionary(dictionary) = &mut self.values[top] else {
            return broken("an entry is made in what is no dictionary");
        };
        dictionary.extend(pairs);
        Ok(())
    }

    fn sequence(&self, id: Id) -> Result<&[Id], Fault> {
        match &self.values[id] {
            Value::Sequence(items) => Ok(items),
            _ => broken("a list was expected"),
        }
    }

    fn number(&self, id: Id) -> Result<usize, Fault> {
        match self.values[id] {
            Value::Int(number) => usize::try_from(number).map_or_else(|_| broken(format!("a size of {number}")), Ok),
            _ => broken("a number was expected"),
        }
    }

    fn numbers(&self, id: Id) -> Result<Vec<usize>, Fault> {
        let numbers = self.sequence(id)?;
        if numbers.len() > MOST_ARGUMENTS {
            return broken(format!("a tensor of {} axes", numbers.len()));
        }
        numbers.iter().map(|&id| self.number(id)).collect()
    }

    /// A call: what is called is known, and is not called but understood.
    fn reduce(&mut self) -> Result<(), Fault> {
        let (arguments, callee) = (self.pop()?, self.pop()?);
        let Value::Global(callee) = self.values[callee] else { return broken("something is called that can't be") };
        let arguments = self.sequence(arguments)?;
        if arguments.len() > MOST_ARGUMENTS {
            return broken(format!("a call with {} arguments", arguments.len()));
        }
        let arguments = arguments.to_vec();
        match (callee, arguments.as_slice()) {
            (Global::OrderedDict, []) => self.push(Value::Dictionary(Vec::new())),
            (Global::RebuildTensor, &[storage, offset, shape, strides, ..]) => {
                let Value::Storage(storage) = &self.values[storage] else {
                    return broken("a tensor without a storage");
                };
                let storage = storage.clone();
                let view =
                    View { offset: self.number(offset)?, shape: self.numbers(shape)?, strides: self.numbers(strides)? };
                self.push(Value::Tensor(Described { storage, view }));
            }
            // A parameter is its tensor.
            (Global::RebuildParameter, &[tensor, ..]) => self.stack.push(tensor),
            (Global::Size, &[sizes]) => self.stack.push(sizes),
            (Global::Device, _) => self.push(Value::Plain),
            _ => return broken("a call with other arguments than it takes"),
        }
        Ok(())
    }

    /// Attributes: an `OrderedDict` of PyTorch's carries its modules' versions that way. Nobody needs them.
    fn build(&mut self) -> Result<(), Fault> {
        self.pop()?;
        let top = self.top()?;
        match self.values[top] {
            Value::Dictionary(_) => Ok(()),
            _ => broken("attributes are given to what has none"),
        }
    }

    /// `("storage", kind, key, place, elements)`.
    fn storage(&mut self) -> Result<(), Fault> {
        let id = self.pop()?;
        let &[tag, kind, key, _, elements] = self.sequence(id)? else {
            return broken("a storage that is not described by five values");
        };
        let (Value::Text(tag), Value::Global(Global::Storage(kind)), Value::Text(key)) =
            (&self.values[tag], &self.values[kind], &self.values[key])
        else {
            return broken("a storage that is described otherwise than torch.save does");
        };
        if tag != "storage" || key.len() > LONGEST_NAME {
            return broken("a storage that is described otherwise than torch.save does");
        }
        let storage = Storage { kind: *kind, key: key.clone(), elements: self.number(elements)? };
        self.push(Value::Storage(storage));
        Ok(())
    }

    fn dictionaries(&self) -> Vec<Dictionary> {
        let mut found = Vec::new();
        for value in &self.values {
            let Value::Dictionary(pairs) = value else { continue };
            let mut dictionary: Dictionary = Vec::new();
            let mut places: HashMap<&str, usize> = HashMap::new();
            for &(key, value) in pairs {
                if let (Value::Text(name), Value::Tensor(tensor)) = (&self.values[key], &self.values[value])
                    && name.len() <= LONGEST_NAME
                {
                    // As in Python, what is said last counts.
                    if let Some(&at) = places.get(name.as_str()) {
                        dictionary[at].1 = tensor.clone();
                    } else {
                        places.insert(name, dictionary.len());
                        dictionary.push((name.clone(), tensor.clone()));
                    }
                }
            }
            if !dictionary.is_empty() {
                found.push(dictionary);
            }
        }
        found
    }
}

fn pairs(items: &[Id]) -> Result<Vec<(Id, Id)>, Fault> {
    match items.as_chunks::<2>() {
        (pairs, []) => Ok(pairs.iter().map(|&[key, value]| (key, value)).collect()),
        _ => broken("a key without a value"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn what_is_neither_a_tensor_nor_plain_is_refused_by_name() {
        // os.system("true"), in protocols 2 and 4.
        let two = b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R.";
        let four = b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.";
        for pickle in [&two[..], &four[..]] {
            assert_eq!(parse(pickle), Err(Forbidden("os.system".into()).into()));
        }
        let evil = b"\x80\x02cbuiltins\neval\nX\x01\x00\x00\x001\x85R.";
        assert!(parse(evil).unwrap_err().to_string().contains("\"builtins.eval\""));
        assert!(parse(b"\x80\x02ctorch\nload\n.").unwrap_err().to_string().contains("\"torch.load\""));
    }

    #[test]
    fn nothing_that_makes_no_sense_is_taken() {
        for pickle in [
            &b""[..],
            b"\x80\x02",
            b"\x80\x07N.",
            b"\x80\x02.",
            b"\x80\x02t.",
            b"\x80\x02K\x01K\x02s.",
            b"\x80\x02(K\x01u.",
            b"\x80\x02h\x05.",
            b"\x80\x02X\xff\xff\xff\xffabc.",
            b"\x80\x02\x8d\xff\xff\xff\xff\xff\xff\xff\xffabc.",
            b"\x80\x02(\x87.",
            b"\x80\x02K\x01(0.",
            b"\x80\x02ccollections",
            b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n)R.",
            b"\x80\x02}K\x01\x85Q.",
        ] {
            assert!(
                matches!(parse(pickle), Err(PickleError::Broken { .. })),
                "{:?}",
                pickle.escape_ascii().to_string()
            );
        }
    }

    #[test]
    fn depth_and_cycles_cost_no_stack() {
        // A list of a list of a list …; and one that holds itself.
        let mut deep = b"\x80\x02".to_vec();
        deep.extend(std::iter::repeat_n(b']', 1_000_000));
        deep.extend(std::iter::repeat_n(b'a', 999_999));
        deep.push(b'.');
        assert!(parse(&deep).unwrap().is_empty());
        assert!(parse(b"\x80\x02]q\x00h\x00a.").unwrap().is_empty());
    }
}
