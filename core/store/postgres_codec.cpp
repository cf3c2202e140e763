#include "store/postgres_codec.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <variant>

#include "store/errors.h"

namespace tenon::store {
namespace {

// pg_type.dat
constexpr TypeOid kBool = 16;
constexpr TypeOid kBytea = 17;
constexpr TypeOid kName = 19;
constexpr TypeOid kInt8 = 20;
constexpr TypeOid kInt2 = 21;
constexpr TypeOid kInt4 = 23;
constexpr TypeOid kText = 25;
constexpr TypeOid kFloat8 = 701;
constexpr TypeOid kVarchar = 1043;

/// Most significant byte first.
template <class T>
std::array<char, sizeof(T)> network_order(T value) {
  std::array<char, sizeof(T)> bytes{};
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    bytes[i] = static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * (sizeof(T) - 1 - i)));
  }
  return bytes;
}

template <class T>
void append(std::string& out, T value) {
  const auto bytes = network_order(value);
  out.append(bytes.data(), bytes.size());
}

template <class T>
T read(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes.substr(0, sizeof(T))) value = value << 8 | static_cast<unsigned char>(byte);
  return static_cast<T>(value);
}

template <class T>
Result<void> encode_integer(std::int64_t value, std::string& out) {
  if (value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max()) {
    return bad_value(std::to_string(value) + " is out of the column's range");
  }
  append(out, static_cast<T>(value));
  return {};
}

Result<void> encode_boolean(const Parameter::Data& data, std::string& out) {
  const bool* flag = std::get_if<bool>(&data);
  // SQLite gives booleans back as numbers.
  const auto* number = std::get_if<std::int64_t>(&data);
  if (flag == nullptr && (number == nullptr || (*number != 0 && *number != 1))) return bad_value("expected boolean");
  out.push_back(static_cast<char>(flag != nullptr ? *flag : *number == 1));
  return {};
}

Result<void> encode_real(const Parameter::Data& data, std::string& out) {
  const auto* real = std::get_if<double>(&data);
  const auto* number = std::get_if<std::int64_t>(&data);
  if (real == nullptr && number == nullptr) return bad_value("expected double precision");
  append(out, std::bit_cast<std::uint64_t>(real != nullptr ? *real : static_cast<double>(*number)));
  return {};
}

}  // namespace

std::string_view type_name(TypeOid type) {
  switch (type) {
    case kBool: return "boolean";
    case kBytea: return "bytea";
    case kInt8: return "bigint";
    case kInt4: return "integer";
    case kInt2: return "smallint";
    case kText: return "text";
    case kFloat8: return "double precision";
    default: return {};
  }
}

Result<void> encode(const Parameter& value, TypeOid type, std::string& out) {
  const Parameter::Data& data = value.data();
  switch (type) {
    case kBool: return encode_boolean(data, out);
    case kFloat8: return encode_real(data, out);
    case kInt8:
    case kInt4:
    case kInt2: {
      const auto* number = std::get_if<std::int64_t>(&data);
      if (number == nullptr) return bad_value("expected " + std::string(type_name(type)));
      if (type == kInt8) return encode_integer<std::int64_t>(*number, out);
      return type == kInt4 ? encode_integer<std::int32_t>(*number, out) : encode_integer<std::int16_t>(*number, out);
    }
    case kBytea: {
      const Blob* blob = std::get_if<Blob>(&data);
      if (blob == nullptr) return bad_value("expected bytea");
      out.append(blob->bytes);
      return {};
    }
    case kText:
    case kName:
    case kVarchar: {
      const auto* text = std::get_if<std::string_view>(&data);
      if (text == nullptr) return bad_value("expected text");
      out.append(*text);
      return {};
    }
    default:
      return bad_value("the server expects type " + std::to_string(type) + ", which the dialect has not: cast it");
  }
}

Result<std::string> encode_array(std::span<const Parameter> values, std::size_t stride, TypeOid type) {
  std::string out;
  const std::size_t count = (values.size() + stride - 1) / stride;
  bool nulls = false;
  for (std::size_t i = 0; i < values.size(); i += stride) nulls = nulls || values[i].data().index() == 0;
  append(out, std::int32_t{count > 0 ? 1 : 0});
  append(out, std::int32_t{nulls ? 1 : 0});
  append(out, static_cast<std::int32_t>(type));
  if (count == 0) return out;
  out.reserve(20 + count * 12);
  append(out, static_cast<std::int32_t>(count));
  append(out, std::int32_t{1});
  for (std::size_t i = 0; i < values.size(); i += stride) {
    const std::size_t length_at = out.size();
    append(out, std::int32_t{-1});
    if (values[i].data().index() == 0) continue;
    if (Result<void> encoded = encode(values[i], type, out); !encoded) {
      return bad_value("row " + std::to_string(i / stride + 1) + ": " + encoded.error().details);
    }
    const auto length = network_order(static_cast<std::int32_t>(out.size() - length_at - sizeof(std::int32_t)));
    std::copy(length.begin(), length.end(), out.begin() + static_cast<std::ptrdiff_t>(length_at));
  }
  return out;
}

Result<void> decode(std::string_view bytes, TypeOid type, Rows& rows) {
  switch (type) {
    case kBool: rows.add_boolean(bytes[0] != 0); return {};
    case kInt8: rows.add_integer(read<std::int64_t>(bytes)); return {};
    case kInt4: rows.add_integer(read<std::int32_t>(bytes)); return {};
    case kInt2: rows.add_integer(read<std::int16_t>(bytes)); return {};
    case kFloat8: rows.add_real(std::bit_cast<double>(read<std::uint64_t>(bytes))); return {};
    case kText:
    case kName:
    case kVarchar: rows.add_text(bytes); return {};
    case kBytea: rows.add_blob(bytes); return {};
    default:
      return bad_value("the server answers type " + std::to_string(type) + ", which the dialect has not: cast it");
  }
}

}  // namespace tenon::store
