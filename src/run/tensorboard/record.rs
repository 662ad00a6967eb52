//! `TFRecord`, the frame around each event: length, its checksum, the bytes, their checksum.

/// A record around these bytes.
pub(super) fn framed(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    let mut record = Vec::with_capacity(data.len() + 16);
    record.extend(length);
    record.extend(masked(crc32c::crc32c(&length)).to_le_bytes());
    record.extend(data);
    record.extend(masked(crc32c::crc32c(data)).to_le_bytes());
    record
}

/// CRC-32C as it is stored beside what it is of: a checksum over stored checksums would be weak.
fn masked(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// The records of a file, their checksums checked.
    pub(in super::super) fn records(mut file: &[u8]) -> Vec<&[u8]> {
        let mut records = Vec::new();
        let number = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().unwrap());
        while !file.is_empty() {
            let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
            assert_eq!(number(&file[8..12]), masked(crc32c::crc32c(&file[..8])));
            let data = &file[12..12 + length];
            assert_eq!(number(&file[12 + length..16 + length]), masked(crc32c::crc32c(data)));
            records.push(data);
            file = &file[16 + length..];
        }
        records
    }

    #[test]
    fn the_checksums_are_those_of_the_standard_and_of_tensorboard() {
        // RFC 3720, B.4.
        assert_eq!(crc32c::crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c::crc32c(&[0xff; 32]), 0x62a8_ab43);
        assert_eq!(crc32c::crc32c(b"123456789"), 0xe306_9283);
        // What TensorBoard's own `RecordWriter` writes around the first event of a file, but for its time.
        let record = framed(b"\x1a\x0dbrain.Event:2");
        let (head, data) = ([15, 0, 0, 0, 0, 0, 0, 0, 109, 83, 43, 9], *b"\x1a\x0dbrain.Event:2");
        assert_eq!(record, [&head[..], &data, &[252, 152, 81, 41]].concat());
        assert_eq!(records(&record), [b"\x1a\x0dbrain.Event:2"]);
    }
}
