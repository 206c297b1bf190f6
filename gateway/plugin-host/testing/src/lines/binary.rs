//! The outermost layer of WebAssembly's binary format, which modules and components share: a preamble, then sections.

use wasmparser::BinaryReader;

use super::LinesError;

/// The bytes before the first section.
const PREAMBLE: usize = 8;

/// One section: its kind, and what it has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Section<'a> {
    pub(super) id: u8,
    pub(super) content: &'a [u8],
}

/// The preamble and the sections of a module or component.
pub(super) fn sections(bytes: &[u8]) -> Result<(&[u8], Vec<Section<'_>>), LinesError> {
    let (preamble, rest) = bytes.split_at_checked(PREAMBLE).ok_or(LinesError::Shape("it ends in its preamble"))?;
    let mut reader = BinaryReader::new(rest, PREAMBLE);
    let mut sections = Vec::new();
    while !reader.eof() {
        let id = reader.read_u8()?;
        let length = reader.read_var_u32()?;
        let length = usize::try_from(length).map_err(|_| LinesError::Shape("a section is too long"))?;
        sections.push(Section { id, content: reader.read_bytes(length)? });
    }
    Ok((preamble, sections))
}

/// Writes a section.
pub(super) fn write_section(out: &mut Vec<u8>, id: u8, content: &[u8]) -> Result<(), LinesError> {
    out.push(id);
    write_length(out, content.len())?;
    out.extend_from_slice(content);
    Ok(())
}

/// Writes a length.
pub(super) fn write_length(out: &mut Vec<u8>, length: usize) -> Result<(), LinesError> {
    write_unsigned(out, u32::try_from(length).map_err(|_| LinesError::Shape("it is too long"))?);
    Ok(())
}

/// LEB128 of an unsigned number (core specification, section 5.2.2).
pub(super) fn write_unsigned(out: &mut Vec<u8>, mut value: u32) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            out.push(low & 0x7f);
            return;
        }
        out.push(low | 0x80);
    }
}

/// LEB128 of a signed number.
pub(super) fn write_signed(out: &mut Vec<u8>, mut value: i32) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        // The last byte's second bit is the sign.
        if (value == 0 && low & 0x40 == 0) || (value == -1 && low & 0x40 != 0) {
            out.push(low & 0x7f);
            return;
        }
        out.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_were_written() {
        for value in [0, 1, 63, 64, 127, 128, 300, 16_383, 16_384, 1 << 20, i32::MAX, -1, -64, -65, i32::MIN] {
            let mut bytes = Vec::new();
            write_signed(&mut bytes, value);
            assert_eq!(BinaryReader::new(&bytes, 0).read_var_i32().unwrap(), value, "{bytes:?}");
            let (mut bytes, unsigned) = (Vec::new(), value.unsigned_abs());
            write_unsigned(&mut bytes, unsigned);
            assert_eq!(BinaryReader::new(&bytes, 0).read_var_u32().unwrap(), unsigned, "{bytes:?}");
        }
    }

    #[test]
    fn a_section_longer_than_the_file_is_refused() {
        let mut bytes = b"\0asm\x01\0\0\0".to_vec();
        write_section(&mut bytes, 0, b"name").unwrap();
        let (_, found) = sections(&bytes).unwrap();
        assert_eq!((found[0].id, found[0].content), (0, b"name".as_slice()));
        bytes.pop();
        assert!(matches!(sections(&bytes), Err(LinesError::Malformed(_))));
        assert!(matches!(sections(b"\0asm"), Err(LinesError::Shape(_))));
    }
}
