#define _GNU_SOURCE
#include "CTandem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

_Static_assert(sizeof(tandem_kernel_event) == sizeof(struct epoll_event), "the kernel's event layout");

int tandem_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int tandem_epoll_ctl(int epoll, int operation, int fd, uint32_t events, uint64_t data) {
    struct epoll_event event = {.events = events, .data.u64 = data};
    return epoll_ctl(epoll, operation, fd, &event);
}

int tandem_epoll_wait(int epoll, void *events, int maximum, int timeout_milliseconds) {
    return epoll_wait(epoll, events, maximum, timeout_milliseconds);
}

size_t tandem_epoll_event_size(void) { return sizeof(struct epoll_event); }

int tandem_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int tandem_accept(int listener, void *address, uint32_t *length) {
    return accept4(listener, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

ssize_t tandem_sendfile(int socket, int file, int64_t offset, size_t length) {
    off_t at = offset;
    return sendfile(socket, file, &at, length);
}

int tandem_listen_backlog(int fd, int backlog) { return listen(fd, backlog); }

int tandem_open_in(int folder, const char *name) {
    int file = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOATIME);
    return file < 0 && errno == EPERM ? openat(folder, name, O_RDONLY | O_CLOEXEC) : file;
}

int tandem_syncfs(int fd) { return syncfs(fd); }

ssize_t tandem_copy_file_range(int from, int to, size_t length) { return copy_file_range(from, NULL, to, NULL, length, 0); }

int tandem_rename_noreplace(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE); }

int tandem_rename_exchange(const char *one, const char *other) { return renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE); }

int tandem_lock_exclusive(int fd) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_SETLK, &lock);
}

int tandem_fsync(int fd) { return fsync(fd); }

const void *tandem_memmem(const void *haystack, size_t haystack_count, const void *needle, size_t needle_count) {
    return memmem(haystack, haystack_count, needle, needle_count);
}
