// Compiles a loop for several instruction sets, chosen when the program starts. Without fused
// multiply-add (-ffp-contract=off) all of them give the same bits.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__)
#define CA_FOR_EACH_CPU __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define CA_FOR_EACH_CPU
#endif
