// Compiles code for several instruction sets, chosen when the program starts. Without fused
// multiply-add (-ffp-contract=off) all of them give the same bits.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
/// A function whose loops the compiler vectorizes.
#define CA_FOR_EACH_CPU __attribute__((target_clones("avx512f", "avx2", "default")))
/// A function of which there is a version in intrinsics, CA_CPU_WITH, too, under the same name.
#define CA_HAS_CPU_VERSIONS
#define CA_ANY_CPU __attribute__((target("default")))
#define CA_CPU_WITH(instructions) __attribute__((target(instructions)))
#else
#define CA_FOR_EACH_CPU
#define CA_ANY_CPU
#endif

/// Asks for what will be read soon.
#if defined(__GNUC__)
#define CA_PREFETCH(place) __builtin_prefetch(place)
#else
#define CA_PREFETCH(place) static_cast<void>(place)
#endif
