#define _GNU_SOURCE
#include "CTandem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
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

ssize_t tandem_receive(int socket, void *bytes, size_t length) { return syscall(SYS_recvfrom, socket, bytes, length, 0, NULL, NULL); }

ssize_t tandem_send(int socket, const void *bytes, size_t length, int flags) {
    return syscall(SYS_sendto, socket, bytes, length, flags | MSG_NOSIGNAL, NULL, 0);
}

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

int tandem_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

int tandem_signalfd(const sigset_t *set) { return signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK); }

int tandem_read_signal(int signals) {
    struct signalfd_siginfo information;
    return read(signals, &information, sizeof information) == sizeof information ? (int)information.ssi_signo : 0;
}

#define TANDEM_DESCRIPTORS 253

ssize_t tandem_send_message(int socket, const void *bytes, size_t length, const int *descriptors, int count, int wait) {
    union {
        struct cmsghdr aligned;
        char space[CMSG_SPACE(sizeof(int) * TANDEM_DESCRIPTORS)];
    } control = {0};
    struct iovec piece = {.iov_base = (void *)bytes, .iov_len = length};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    if (count > TANDEM_DESCRIPTORS) {
        errno = EINVAL;
        return -1;
    }
    if (count > 0) {
        message.msg_control = control.space;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
        memcpy(CMSG_DATA(header), descriptors, sizeof(int) * (size_t)count);
    }
    ssize_t sent;
    do {
        sent = sendmsg(socket, &message, MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT));
    } while (sent < 0 && errno == EINTR);
    return sent;
}

ssize_t tandem_receive_message(int socket, void *bytes, size_t length, int *descriptors, int *count, int wait) {
    union {
        struct cmsghdr aligned;
        char space[CMSG_SPACE(sizeof(int) * TANDEM_DESCRIPTORS)];
    } control;
    struct iovec piece = {.iov_base = bytes, .iov_len = length};
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
    ssize_t received;
    int room = *count, came = 0, lost = 0;
    *count = 0;
    do {
        received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
    } while (received < 0 && errno == EINTR);
    if (received < 0) return -1;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t held = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t at = 0; at < held; at++) {
            int descriptor;
            memcpy(&descriptor, CMSG_DATA(header) + at * sizeof(int), sizeof(int));
            if (came < room) {
                descriptors[came++] = descriptor;
            } else {
                close(descriptor);
                lost = 1;
            }
        }
    }
    if (lost || message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
        while (came > 0) close(descriptors[--came]);
        errno = EMSGSIZE;
        return -1;
    }
    *count = came;
    return received;
}

uid_t tandem_peer_user(int socket, pid_t *process) {
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return (uid_t)-1;
    if (process) *process = peer.pid;
    return peer.uid;
}

int tandem_spawn_close_from(posix_spawn_file_actions_t *actions, int from) {
    return posix_spawn_file_actions_addclosefrom_np(actions, from);
}

void tandem_set_process_name(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
