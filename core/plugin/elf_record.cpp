#include "plugin/elf_record.h"

#include "plugin/elf_file.h"

namespace tenon::plugin {

Result<PluginRecord> read_record(const std::filesystem::path& path) {
  const Result<ElfFile> file = ElfFile::open(path);
  if (!file) return file.error();
  for (const Elf64_Shdr& section : file->sections()) {
    if (file->name(section) != kRecordSection) continue;
    PluginRecord record{};
    if (section.sh_type != SHT_PROGBITS || section.sh_size < sizeof record ||
        !file->read(section.sh_offset, &record, sizeof record)) {
      return file->damaged("the section .tenon.plugin is cut off");
    }
    return record;
  }
  return make_error("PLUGIN.1004", "no plugin record",
                    path.string() + ": the file has no section .tenon.plugin (is TENON_PLUGIN used?)");
}

}  // namespace tenon::plugin
