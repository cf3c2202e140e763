#pragma once

#include <tenon/class_table.h>
#include <tenon/error.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace tenon::plugin {

class Retirement;

/// The code of the error that the dynamic linker does not load a library.
inline constexpr std::string_view kNotLinked = "PLUGIN.1006";

/// One loaded copy of a plugin's library, with the classes that it registered. Shared by whatever uses its code from
/// the node's side; code on the library's side holds Pins. Unloaded when the last owner lets go.
class Generation {
 public:
  /// Loads `copy` (bind now, local) and registers it. Errors: PLUGIN.1006 the dynamic linker refuses it (an unresolved
  /// symbol, a missing library), PLUGIN.1007 no entry symbol, PLUGIN.1008 the registration threw.
  /// `retirement`: who unloads it when nothing uses it any more; null: whoever drops the last reference.
  [[nodiscard]] static Result<std::shared_ptr<Generation>> load(const std::filesystem::path& copy, std::string name,
                                                                std::uint32_t number, NodeServices& node,
                                                                std::shared_ptr<Retirement> retirement = {});

  /// The same for a plugin that is linked into this process, by its entry. It has no file.
  [[nodiscard]] static Result<std::shared_ptr<Generation>> enter(RegisterFunction& entry, std::string name,
                                                                 std::uint32_t number, NodeServices& node,
                                                                 std::shared_ptr<Retirement> retirement = {});

  /// Unloads the library and verifies that it is gone. With pins left, it stays mapped for good, and that is logged.
  ~Generation();
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] std::uint32_t number() const noexcept { return number_; }
  [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }
  [[nodiscard]] const ClassTable& classes() const noexcept;
  [[nodiscard]] const ClassEntry* find_class(std::string_view class_name) const noexcept;
  /// The library's view of itself; what the node hands out in its name pins this.
  [[nodiscard]] LibraryContext& context() const noexcept;
  /// How many values and callbacks of this library are still held.
  [[nodiscard]] std::int64_t pins() const noexcept;
  /// How many objects that its beans have made are still owned by others.
  [[nodiscard]] std::int64_t instances() const noexcept;

 private:
  struct Library;
  static void stay_for_good(std::unique_ptr<Library> library);
  static Result<std::shared_ptr<Generation>> registered(RegisterFunction& entry, std::unique_ptr<Library> library,
                                                        const std::filesystem::path& file, std::uint32_t number,
                                                        std::shared_ptr<Retirement> retirement);
  Generation(std::filesystem::path file, std::string name, std::uint32_t number, std::unique_ptr<Library> library);

  std::filesystem::path file_;
  std::string name_;
  std::uint32_t number_;
  std::unique_ptr<Library> library_;
};

/// `library of plugin 'x', generation 2`.
[[nodiscard]] std::string library_name(std::string_view plugin, std::uint32_t generation);

/// Why a library stays mapped though it was unloaded: `symbol 'x'`, or what else keeps one if no symbol of it does.
[[nodiscard]] std::string pinned_by(const std::filesystem::path& file);

/// Whether a library of this path is mapped into the process. Of no path: never.
[[nodiscard]] bool is_mapped(const std::filesystem::path& file);

}  // namespace tenon::plugin
