// SPDX-License-Identifier: Apache-2.0
/*
 * vdpa: the CNI plugin. Everything it is asked goes to the node's agent, over a UNIX socket, and what the agent
 * answers is printed: no interpreter starts where pods wait. VERSION needs nobody.
 *
 * A request:  vdpa-cni 1 <env-bytes> <stdin-bytes>\n, the CNI_ variables, each with a NUL at its end, and the config
 * An answer:  <exit-code> <bytes>\n and what goes to standard output
 *
 * Environment, beside what the CNI specification names:
 *   VDPA_CNI_SOCKET   path of the agent's socket, for tests (default /var/run/vdpa/cni.sock)
 */
#include "config-version.h"
#include "environment.h"
#include "failure.h"
#include "sys.h"
#include "transfer.h"

#define DEFAULT_SOCKET "/var/run/vdpa/cni.sock"
#define MAX_ENVIRONMENT_BYTES (64 * 1024)
#define MAX_CONFIG_BYTES (1024 * 1024)
/* "vdpa-cni 1 65536 1048576\n" is 25. */
#define MAX_REQUEST_HEADER 32

/* The header is put right before the environment, and the config right behind it: one piece to send. */
static char request[MAX_REQUEST_HEADER + MAX_ENVIRONMENT_BYTES + MAX_CONFIG_BYTES + 1];
static char answer_buffer[MAX_ANSWER_HEADER + MAX_ANSWER_BYTES + 1];

static int
fail(const struct failure *failure, struct span version)
{
	static char document[FAILURE_JSON_SIZE];
	struct text out = { document, 0, sizeof(document) };

	failure_json(failure, version, &out);
	transfer_write_output((struct span){ out.at, out.length });
	return 1;
}

static int
print_version(struct span version)
{
	char document[256];
	struct text out = { document, 0, sizeof(document) };

	text_put(&out, "{\"cniVersion\":\"");
	text_put_span(&out, version);
	text_put(&out, "\",\"supportedVersions\":[\"0.3.1\",\"0.4.0\",\"1.0.0\",\"1.1.0\"]}\n");
	return transfer_write_output((struct span){ out.at, out.length }) == 0 ? 0 : 1;
}

/* Returns false, and says why, when there is no config that the agent could be given. */
static bool
config_usable(long length, struct span config, struct failure *failure)
{
	if (length < 0) {
		failure_set(failure, CNI_IO_FAILURE, "cannot read the network config from standard input", "");
		failure_add_errno(failure, -length);
	} else if (config.length > MAX_CONFIG_BYTES) {
		failure_set(failure, CNI_CANNOT_DECODE, "the network config is too large", "it may have ");
		failure_add_number(failure, MAX_CONFIG_BYTES);
		failure_add(failure, " bytes");
	} else if (!config_is_object(config)) {
		failure_set(failure, CNI_CANNOT_DECODE, "the network config is not a JSON object",
			    config.length == 0 ? "standard input is empty" : "");
	} else {
		return true;
	}
	return false;
}

static bool
environment_usable(char **envp, const char *command, struct failure *failure)
{
	char names[128];
	struct text missing = { names, 0, sizeof(names) - 1 };

	if (!environment_knows(command)) {
		failure_set(failure, CNI_INVALID_ENVIRONMENT, "CNI_COMMAND is not an operation of CNI", command);
	} else if (environment_missing(envp, command, &missing) > 0) {
		names[missing.length] = '\0';
		failure_set(failure, CNI_INVALID_ENVIRONMENT, "environment variables are missing", names);
	} else {
		return true;
	}
	return false;
}

/*
 * Whether nobody being there is as good as an answer. The agent takes away by itself, from its start on, what pods had that
 * are gone, and it knows from its records what that was: a pod does not have to stay until an agent comes back.
 */
static bool
needs_no_agent(const char *command, long error)
{
	return text_equal(command, "DEL") && (error == -ENOENT || error == -ECONNREFUSED);
}

/* Sends, waits, and gives what came back; false, and why, when nothing did. */
static bool
ask_agent(const char *path, const char *command, struct span message, struct answer *out, struct failure *failure)
{
	int code = text_equal(command, "STATUS") ? CNI_NOT_AVAILABLE : CNI_TRY_AGAIN_LATER;
	long fd;

	if (text_length(path) > MAX_SOCKET_PATH) {
		failure_set(failure, CNI_INVALID_ENVIRONMENT, "VDPA_CNI_SOCKET is too long for a socket", path);
		return false;
	}
	fd = transfer_connect(path);
	if (needs_no_agent(command, fd)) {
		out->exit_code = 0;
		out->body = (struct span){ "", 0 };
		return true;
	}
	if (fd < 0) {
		failure_set(failure, code, "the vdpactl agent of this node cannot be reached", path);
		failure_add(failure, ": ");
		failure_add_errno(failure, -fd);
		return false;
	}
	switch (transfer_exchange((int)fd, message, answer_buffer, sizeof(answer_buffer), out)) {
	case TRANSFER_OK:
		return true;
	case TRANSFER_TIMED_OUT:
		failure_set(failure, code, "the vdpactl agent of this node does not answer", path);
		break;
	case TRANSFER_CUT:
		failure_set(failure, code, "the vdpactl agent of this node ended before it had answered", path);
		break;
	case TRANSFER_STRANGE:
		failure_set(failure, CNI_IO_FAILURE, "what answered is not a vdpactl agent of this version", path);
		break;
	}
	return false;
}

/* The agent's part: everything but VERSION. */
static int
forward(char **envp, const char *command, char *environment, long environment_bytes, struct span config)
{
	const char *path = environment_get(envp, "VDPA_CNI_SOCKET");
	char line[MAX_REQUEST_HEADER];
	struct text header = { line, 0, sizeof(line) };
	struct failure failure;
	struct answer answer;
	char *message;

	text_put(&header, "vdpa-cni 1 ");
	text_put_number(&header, (unsigned long long)environment_bytes);
	text_put(&header, " ");
	text_put_number(&header, config.length);
	text_put(&header, "\n");
	message = environment - header.length;
	for (size_t i = 0; i < header.length; i++)
		message[i] = line[i];
	if (!ask_agent(path == NULL ? DEFAULT_SOCKET : path, command,
		       (struct span){ message, header.length + (size_t)environment_bytes + config.length }, &answer,
		       &failure))
		return fail(&failure, config_version(config));
	if (transfer_write_output(answer.body) != 0)
		return 1;
	return answer.exit_code;
}

int
main(int argc, char **argv, char **envp)
{
	const char *command = environment_get(envp, "CNI_COMMAND");
	char *environment = request + MAX_REQUEST_HEADER;
	struct failure failure;
	struct span config;
	long environment_bytes, length;

	(void)argc;
	(void)argv;
	transfer_guard_standard_fds();
	sys_block_sigpipe();
	if (command == NULL) {
		/* Most likely a person: standard input is not read, which could be a terminal. */
		failure_set(&failure, CNI_INVALID_ENVIRONMENT, "CNI_COMMAND is missing",
			    "this is a CNI plugin, which container runtimes start");
		return fail(&failure, config_version((struct span){ "", 0 }));
	}
	environment_bytes = environment_pack(envp, environment, MAX_ENVIRONMENT_BYTES);
	config.at = environment + (environment_bytes < 0 ? 0 : environment_bytes);
	length = transfer_read_input((char *)config.at, MAX_CONFIG_BYTES + 1);
	config.length = length < 0 ? 0 : (size_t)length;
	if (text_equal(command, "VERSION"))
		return print_version(config_version(config));
	if (environment_bytes < 0) {
		failure_set(&failure, CNI_INVALID_ENVIRONMENT, "the CNI_ variables are too large", "they may have ");
		failure_add_number(&failure, MAX_ENVIRONMENT_BYTES);
		failure_add(&failure, " bytes");
		return fail(&failure, config_version(config));
	}
	if (!environment_usable(envp, command, &failure) || !config_usable(length, config, &failure))
		return fail(&failure, config_version(config));
	return forward(envp, command, environment, environment_bytes, config);
}
