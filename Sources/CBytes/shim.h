#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t cbytes_block __attribute__((ext_vector_type(64)));
typedef bool cbytes_flags __attribute__((ext_vector_type(64)));
typedef uint8_t cbytes_part __attribute__((ext_vector_type(16)));
typedef bool cbytes_part_flags __attribute__((ext_vector_type(16)));

static inline uint64_t cbytes_bits(cbytes_flags flags) {
    uint64_t bits;
    memcpy(&bits, &flags, sizeof bits);
    return bits;
}

/// Where brackets and what ends or escapes in strings stand among 64 bytes: the lowest bit is the first byte's.
struct cbytes_marks {
    uint64_t quotes, backslashes, opens, closes;
};

/// Swift has no word for the instruction that makes bits of a comparison of many bytes.
static inline struct cbytes_marks cbytes_marks(const uint8_t *start) {
    cbytes_block bytes;
    memcpy(&bytes, start, sizeof bytes);
    cbytes_block folded = bytes | 0x20;
    return (struct cbytes_marks){
        cbytes_bits(__builtin_convertvector(bytes == '"', cbytes_flags)),
        cbytes_bits(__builtin_convertvector(bytes == '\\', cbytes_flags)),
        cbytes_bits(__builtin_convertvector(folded == '{', cbytes_flags)),
        cbytes_bits(__builtin_convertvector(folded == '}', cbytes_flags)),
    };
}

/// Which of 16 bytes end what is plain in a string (quotes, backslashes, control characters), and which are not ASCII:
/// the lowest bit is the first byte's.
struct cbytes_plain {
    uint16_t ends, highs;
};

static inline struct cbytes_plain cbytes_plain(const uint8_t *start) {
    cbytes_part bytes;
    memcpy(&bytes, start, sizeof bytes);
    cbytes_part_flags ends = __builtin_convertvector((bytes == '"') | (bytes == '\\') | (bytes < 0x20), cbytes_part_flags);
    cbytes_part_flags highs = __builtin_convertvector(bytes >= 0x80, cbytes_part_flags);
    struct cbytes_plain plain;
    memcpy(&plain.ends, &ends, sizeof plain.ends);
    memcpy(&plain.highs, &highs, sizeof plain.highs);
    return plain;
}
