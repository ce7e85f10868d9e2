/* A volume plugin for tests: /run/docker/plugins/vols.sock, volumes are folders below /data. One request at a time. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char request[65536], name[256], path[512];

static void read_request(int fd) {
  size_t length = 0;
  memset(request, 0, sizeof request);
  for (;;) {
    ssize_t got = read(fd, request + length, sizeof request - 1 - length);
    if (got <= 0) return;
    length += got;
    char *body = strstr(request, "\r\n\r\n"), *header = strcasestr(request, "Content-Length:");
    if (body && header && strlen(body + 4) >= (size_t)atoi(header + 15)) return;
    if (body && !header && (!strcasestr(request, "chunked") || strstr(body, "\r\n0\r\n\r\n"))) return;
  }
}

static void find_name(void) {
  char *at = strstr(request, "\"Name\":\"");
  name[0] = 0;
  if (at) sscanf(at + 8, "%255[^\"/]", name);
  snprintf(path, sizeof path, "/data/%s", name);
}

static void answer(int fd, const char *body) {
  dprintf(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
          strlen(body), body);
}

static void list(char *body, size_t size) {
  DIR *folder = opendir("/data");
  size_t length = snprintf(body, size, "{\"Volumes\":[");
  for (struct dirent *entry; folder && (entry = readdir(folder));)
    if (entry->d_name[0] != '.')
      length += snprintf(body + length, size - length, "%s{\"Name\":\"%s\"}", body[length - 1] == '[' ? "" : ",", entry->d_name);
  if (folder) closedir(folder);
  snprintf(body + length, size - length, "]}");
}

static void serve(int fd) {
  char body[1024] = "{}";
  read_request(fd);
  find_name();
  if (strstr(request, "/Plugin.Activate")) strcpy(body, "{\"Implements\":[\"VolumeDriver\"]}");
  else if (strstr(request, ".Capabilities")) strcpy(body, "{\"Capabilities\":{\"Scope\":\"local\"}}");
  else if (strstr(request, ".List")) list(body, sizeof body);
  else if (strstr(request, ".Create")) mkdir(path, 0755);
  else if (strstr(request, ".Remove")) rmdir(path);
  else if (strstr(request, ".Mount")) {
    char file[600];
    snprintf(file, sizeof file, "%s/greeting", path);
    FILE *out = fopen(file, "w");
    if (out) {
      fprintf(out, "%s\n", getenv("GREETING") ? getenv("GREETING") : "none");
      fclose(out);
    }
    snprintf(body, sizeof body, "{\"Mountpoint\":\"%s\"}", path);
  } else if (strstr(request, ".Get") && access(path, F_OK)) strcpy(body, "{\"Err\":\"no such volume\"}");
  else if (strstr(request, ".Get") || strstr(request, ".Path"))
    snprintf(body, sizeof body, "{\"Volume\":{\"Name\":\"%s\",\"Mountpoint\":\"%s\"},\"Mountpoint\":\"%s\"}", name, path, path);
  answer(fd, body);
}

static void end(int signal) {
  (void)signal;
  _exit(0);
}

int main(void) {
  signal(SIGTERM, end);
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/docker/plugins/vols.sock"};
  int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  unlink(address.sun_path);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 10)) return 1;
  for (;;) {
    int fd = accept(listener, NULL, NULL);
    if (fd < 0) continue;
    serve(fd);
    close(fd);
  }
}
