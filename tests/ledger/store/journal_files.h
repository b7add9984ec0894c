// Journals on disk as tests leave them: of killed writers, of earlier programs, damaged.
#pragma once

#include "ledger/store/directory_lock.h"
#include "ledger/store/head_mark.h"
#include "ledger/store/journal_segment.h"
#include "ledger/store/sqlite_journal.h"
#include "tests/ledger/records/sealed_batches.h"
#include "tests/support/temporary_directory.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace tuma::ledger {

inline constexpr SqliteJournalOptions small_segments{
    .segment_bytes = 100'000, .checkpoint_pages = 8, .page_bytes = 4096};

// Runs `work` in a process of its own. It calls _exit to end as if killed, with all files open.
template <typename Work>
int in_own_process(const Work& work) {
    const pid_t child = fork();
    if (child == 0) {
        int code = 9;
        try {
            code = work();
        } catch (const std::exception& error) {
            static_cast<void>(std::fprintf(stderr, "%s\n", error.what()));
        }
        _exit(code);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

inline std::string message_of(const std::function<void()>& work) {
    try {
        work();
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "nothing was thrown";
}

inline bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

inline std::string content(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline void put_content(const std::filesystem::path& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

/// Every file of a directory but the lock and what any reader of SQLite makes: shared memory, empty
/// logs.
inline std::map<std::string, std::string> contents(const std::filesystem::path& directory) {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        const std::string name = entry.path().filename().string();
        const bool is_empty_log = name.ends_with("-wal") && entry.file_size() == 0;
        if (name != "lock" && !name.ends_with("-shm") && !is_empty_log)
            files[name] = content(entry.path());
    }
    return files;
}

/// Appends each batch by itself, as a process that is killed right behind the last one.
inline int append_and_die(const std::filesystem::path& directory,
                          std::span<const SealedBatch> batches,
                          const SqliteJournalOptions& options = {}) {
    return in_own_process([&] {
        const DirectoryLock lock(directory);
        SqliteJournal journal(lock, options);
        for (const SealedBatch& batch : batches) {
            journal.append(std::span{&batch, 1});
            journal.maintain();
        }
        _exit(0);
        return 0;
    });
}

/// Makes of a journal one that was written before there were head marks.
inline void forget_head_marks(const std::filesystem::path& directory) {
    std::filesystem::remove(head_path(directory));
    for (const std::uint32_t number : list_segments(directory))
        SqlDatabase(segment_path(directory, number), SqlAccess::read_write_create)
            .execute("PRAGMA user_version=1");
}

inline void change(const std::filesystem::path& directory, std::uint32_t segment,
                   const std::string& sql) {
    SqlDatabase(segment_path(directory, segment), SqlAccess::read_write_create).execute(sql);
}

}  // namespace tuma::ledger
