#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

/// Loss of power for SQLite files. The process under test writes through a VFS that keeps, beside each file, an image
/// of what is on the disk for certain: what was written before the last sync. When the process is dead, the image takes
/// the file's place. (FragileDisk is for a process that outlives the loss.)
namespace tenon::test {

/// From now on SQLite of this process opens its files so. `lying_disk`: syncs have no effect, as on a disk that lies.
void install_power_loss_vfs(bool lying_disk = false);

/// All that is in the files of this database is on the disk. Before the process under test opens them; no other
/// process must have them open.
void note_synced(const std::filesystem::path& database);

/// The power goes: what was not synced is gone. With `keeps`, each sector of 512 bytes that was written and not synced
/// is kept if that says so, as disks write them in any order. The process under test must be dead.
void lose_power(const std::filesystem::path& database, const std::function<bool()>& keeps = {});

}  // namespace tenon::test
