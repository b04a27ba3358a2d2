"""A STAND-IN for btsync and rslsync, for tests: no sync protocol, no network. It honours what pimesh relies on.

btsync --config FILE --nodaemon: strict JSON; storage_path must be there; writes pid_file and sync.log; gives every shared folder
that is there its identity (.SyncID), makes none that is not, and says once when one is missed; ends on TERM and takes its pid file
along. Where the configuration has a webui and no folders, it speaks as the web interface does. On a simulated Pi PIMESH_ROOT stands
before every path of the configuration. Exit 1 and a line in the log, or on stderr, where it cannot start.
"""
import json
import os
import signal
import sys
import time

root = os.environ.get("PIMESH_ROOT", "")


def main(words):
    if len(words) != 3 or words[0] != "--config" or words[2] != "--nodaemon":
        sys.exit("usage: --config FILE --nodaemon")
    with open(words[1], encoding="utf-8") as file:
        config = json.load(file)
    storage = root + config["storage_path"]
    if not os.path.isdir(storage):
        sys.exit("Storage path specified in config file does not exist.")
    log = open(os.path.join(storage, "sync.log"), "a", encoding="utf-8")

    def note(words):
        print(time.strftime("[%Y%m%d %H:%M:%S.000]"), words, file=log, flush=True)

    pid_file = root + config["pid_file"]

    def end(*_):
        note("Shutdown. Saving config sync.dat")
        os.unlink(pid_file)
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    with open(pid_file, "w", encoding="utf-8") as file:
        file.write(f"{os.getpid()}\n")
    note(f"Starting: {config['device_name']}, up {config['upload_limit']}, down {config['download_limit']}")
    if "shared_folders" not in config and "listen" in config.get("webui", {}):
        serve(config["webui"], os.path.join(storage, "getsyncfolders.json"))
        note(f"Web interface on {config['webui']['listen']}")
    marks = {}
    for folder in config.get("shared_folders", []):
        path = root + folder["dir"]
        if not os.path.isdir(path):
            note(f"Failed to open folder {folder['dir']}")
            continue
        identity = os.path.join(path, ".SyncID")
        if not os.path.exists(identity):
            with open(identity, "wb") as file:
                file.write(bytes(20))
        marks[identity] = folder["dir"]
        note(f"Loaded folder {folder['dir']}")
    while True:
        time.sleep(0.2)
        for identity in [each for each in marks if not os.path.exists(each)]:
            # In the words of a real one
            note(f"MUTEX[{marks.pop(identity)}]: mutex file not found")
            note("FC[7507]: Mutex file check failed with error : 103")


def serve(webui, answer):
    """Its web interface: Basic, token, cookie; knows one action, and answers it with a file of its storage."""
    import base64
    import http.server
    import threading
    import urllib.parse

    login = base64.b64encode(f"{webui['login']}:{webui['password']}".encode()).decode()

    class Page(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            url = urllib.parse.urlsplit(self.path)
            query = dict(urllib.parse.parse_qsl(url.query))
            if self.headers["Authorization"] != f"Basic {login}":
                self.say(401, b"")
            elif url.path == "/gui/token.html":
                self.say(200, b"<html><div id='token' style='display:none;'>stand-in</div></html>", "GUID=stand-in; path=/")
            elif query.get("token") != "stand-in" or self.headers["Cookie"] != "GUID=stand-in":
                self.say(400, b"invalid request")
            elif query.get("action") == "getsyncfolders":
                with open(answer, "rb") as file:
                    self.say(200, file.read())
            else:
                self.say(500, b'{"error": 900, "status": 500}')

        def say(self, status, body, cookie=None):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if cookie:
                self.send_header("Set-Cookie", cookie)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    host, port = webui["listen"].split(":")
    server = http.server.ThreadingHTTPServer((host, int(port)), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()


main(sys.argv[1:])
