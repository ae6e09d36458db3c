"""The program on a terminal: a pseudo-terminal whose other end is read and typed at by the test."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time


class Terminal:
    """A command that runs with a terminal as its stdin, stdout and stderr."""

    def __init__(self, command, cwd, env, columns=80, rows=24):
        self.master, slave = pty.openpty()
        self.resize(columns, rows)
        self.raw = ""
        self.searched = 0
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)

    def resize(self, columns, rows=24):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds):
        """Takes what is there within that time; False at the end."""
        if not select.select([self.master], [], [], seconds)[0]:
            return True
        try:
            chunk = os.read(self.master, 65536)
        except OSError:
            chunk = b""
        self.raw += chunk.decode(errors="replace")
        return bool(chunk)

    def expect(self, pattern, seconds=60):
        """Waits until the pattern appears behind what was expected before."""
        end = time.monotonic() + seconds
        while True:
            found = re.compile(pattern).search(self.seen, self.searched)
            if found:
                self.searched = found.end()
                return found
            alive = self.read(max(0, min(1, end - time.monotonic())))
            assert alive and time.monotonic() < end, f"never saw {pattern!r} in\n{self.seen[-3000:]}"

    def send(self, text):
        os.write(self.master, text.encode())

    def line(self, text):
        self.send(text + "\n")

    def interrupt(self):
        self.send("\x03")

    def leave(self):
        self.send("\x04")

    def end(self, seconds=60):
        """Reads to the end; returns the exit status."""
        limit = time.monotonic() + seconds
        while self.read(max(0, min(1, limit - time.monotonic()))):
            assert time.monotonic() < limit, f"still running:\n{self.seen[-3000:]}"
        return self.process.wait(timeout=seconds)

    @property
    def seen(self):
        """What was written, without colours."""
        return re.sub(r"\x1b\[[0-9;]*m", "", self.raw).replace("\r\n", "\n")

    @property
    def text(self):
        """What was written, without cursor movements."""
        return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", self.seen)

    @property
    def last_screen(self):
        """The lines that stay: everything that was erased again is left out."""
        lines = [""]
        for piece in re.split(r"(\x1b\[\d+A\r\x1b\[J|\n)", self.seen):
            up = re.fullmatch(r"\x1b\[(\d+)A\r\x1b\[J", piece)
            if up:
                lines = lines[: len(lines) - 1 - int(up[1])] + [""]
            elif piece == "\n":
                lines.append("")
            else:
                lines[-1] += piece
        return "\n".join(lines)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
