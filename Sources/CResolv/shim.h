#pragma once
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

// The C library's resolver is macros over structs with bit fields, which Swift cannot read: one call here asks one
// question, and another takes the answer apart.

/// Makes the name server at `ip`:`port` the only one of `state`. Returns whether it could.
static inline int cresolv_use(struct __res_state *state, const char *ip, unsigned short port) {
    memset(&state->nsaddr_list[0], 0, sizeof state->nsaddr_list[0]);
    state->nscount = 1;
    if (inet_pton(AF_INET, ip, &state->nsaddr_list[0].sin_addr) == 1) {
        state->nsaddr_list[0].sin_family = AF_INET;
        state->nsaddr_list[0].sin_port = htons(port);
        return 1;
    }
#ifdef __GLIBC__
    // An entry without a family stands for one of the other list, whose entries res_nclose frees.
    struct sockaddr_in6 *server = calloc(1, sizeof *server);
    if (!server || inet_pton(AF_INET6, ip, &server->sin6_addr) != 1) {
        free(server);
        return 0;
    }
    server->sin6_family = AF_INET6;
    server->sin6_port = htons(port);
    free(state->_u._ext.nsaddrs[0]);
    state->_u._ext.nsaddrs[0] = server;
    state->_u._ext.nscount = 1;
    return 1;
#else
    return 0;
#endif
}

/// Asks for records of `type` of `name`, of the name server at `ip`:`port`, or of the system's where `ip` is null; twice
/// where nothing comes, for `seconds` and for twice as long.
/// Returns the length of the answer, whatever its rcode, 0 where none came, or -1 where it could not be asked.
static inline int cresolv_ask(const char *name, int type, const char *ip, unsigned short port, int seconds,
                              unsigned char *answer, int capacity) {
    struct __res_state state;
    memset(&state, 0, sizeof state);
    if (res_ninit(&state) != 0) return -1;
    state.retrans = seconds;
    state.retry = 2;
    unsigned char query[NS_PACKETSZ + NS_MAXDNAME];
    int asked = !ip || cresolv_use(&state, ip, port)
                    ? res_nmkquery(&state, ns_o_query, name, ns_c_in, type, 0, 0, 0, query, sizeof query)
                    : -1;
    if (asked < 0) {
        res_nclose(&state);
        return -1;
    }
    memset(answer, 0, NS_HFIXEDSZ);
    int length = res_nsend(&state, query, asked, answer, capacity);
    res_nclose(&state);
    if (length >= NS_HFIXEDSZ) return length < capacity ? length : capacity;
    // Of SERVFAIL, REFUSED and NOTIMP it says only that it failed, but the answer stands in the buffer.
    int is_ours = (answer[2] & 0x80) && answer[0] == query[0] && answer[1] == query[1];
    return is_ours && (answer[3] & 0x0F) ? NS_HFIXEDSZ : 0;
}

/// One record of an answer: `text` is an address, or the name that a CNAME or SRV record leads to.
struct cresolv_record {
    unsigned short type, priority, weight, port;
    unsigned int ttl;
    char text[NS_MAXDNAME];
};

static inline int cresolv_rcode(const unsigned char *answer, int length) {
    return length >= NS_HFIXEDSZ ? answer[3] & 0x0F : -1;
}

/// Whether the answer has all that its head says it has.
static inline int cresolv_is_whole(const unsigned char *answer, int length) {
    ns_msg message;
    return ns_initparse(answer, length, &message) == 0;
}

/// Reads record `index` of the answer section. Returns 1, 0 past the last one, or -1 for one that is of no use here.
static inline int cresolv_record_at(const unsigned char *answer, int length, int index, struct cresolv_record *record) {
    ns_msg message;
    ns_rr rr;
    if (ns_initparse(answer, length, &message) != 0 || index >= ns_msg_count(message, ns_s_an)) return 0;
    if (ns_parserr(&message, ns_s_an, index, &rr) != 0) return 0;
    memset(record, 0, sizeof *record);
    record->type = ns_rr_type(rr);
    record->ttl = ns_rr_ttl(rr);
    const unsigned char *data = ns_rr_rdata(rr), *name = 0;
    switch (record->type) {
    case ns_t_a:
        return ns_rr_rdlen(rr) == 4 && inet_ntop(AF_INET, data, record->text, sizeof record->text) ? 1 : -1;
    case ns_t_aaaa:
        return ns_rr_rdlen(rr) == 16 && inet_ntop(AF_INET6, data, record->text, sizeof record->text) ? 1 : -1;
    case ns_t_srv:
        if (ns_rr_rdlen(rr) < 7) return -1;
        record->priority = ns_get16(data);
        record->weight = ns_get16(data + 2);
        record->port = ns_get16(data + 4);
        name = data + 6;
        break;
    case ns_t_cname:
        name = data;
        break;
    default:
        return -1;
    }
    return ns_name_uncompress(ns_msg_base(message), ns_msg_end(message), name, record->text, sizeof record->text) < 0 ? -1 : 1;
}
