// Numbers out of a file's bytes, little-endian, each access checked. Internal to formats/.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>

#include "ceres_align/io/text.h"

namespace ceres_align::formats_internal {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "values are copied as they are");

class ByteReader {
 public:
  /// `bytes` and `name` must outlive this object; `name` begins the messages.
  ByteReader(const std::string& bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  std::string Place() const { return io_internal::Cat(name_, ": byte ", at_); }
  uint64_t remaining() const { return bytes_.size() - at_; }

  template <typename T>
  T Read(const char* what) {
    Need(sizeof(T), what);
    T value;
    std::memcpy(&value, bytes_.data() + at_, sizeof(T));
    at_ += sizeof(T);
    return value;
  }
  /// A number of items of at least `item_bytes` each, which must fit into what is left: nothing is
  /// allocated for a damaged count.
  template <typename T>
  uint64_t Count(uint64_t item_bytes, const char* what) {
    const std::string place = Place();
    const uint64_t count = Read<T>(what);
    if (count > remaining() / item_bytes) {
      io_internal::Fail(place, ": ", what, " is ", count, "; the file has only ", remaining(),
                        " bytes more");
    }
    return count;
  }
  /// Text up to a NUL, which is left out.
  std::string Text(const char* what) {
    const size_t end = bytes_.find('\0', at_);
    if (end == std::string::npos) {
      io_internal::Fail(Place(), ": ", what, " has no end");
    }
    const std::string text = bytes_.substr(at_, end - at_);
    at_ = end + 1;
    return text;
  }
  void Skip(uint64_t num_bytes, const char* what) {
    Need(num_bytes, what);
    at_ += num_bytes;
  }
  void CheckEnd() const {
    if (remaining() > 0) {
      io_internal::Fail(Place(), ": ", remaining(), " bytes are left behind the last item");
    }
  }

 private:
  void Need(uint64_t num_bytes, const char* what) const {
    if (num_bytes > remaining()) {
      io_internal::Fail(Place(), ": the file ends inside ", what);
    }
  }

  const std::string& bytes_;
  const std::string& name_;
  size_t at_ = 0;
};

template <typename T>
void AppendBytes(T value, std::string* out) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out->append(bytes, sizeof(T));
}

}  // namespace ceres_align::formats_internal
