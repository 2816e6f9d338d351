// Programs inside a root: as process 1 of a process namespace of their own, as in a container. Whatever they start ends with
// them, and they end with this process.
"use strict";

// inside(ROOT, HOW, COMMAND): the program and the arguments that do it. With a user it has no privileges, and gets none.
function inside(root, { variables, folder, user }, command) {
  const namespace = ["--pid", "--fork", "--kill-child", `--mount-proc=${root}/proc`];
  const environment = ["env", "--ignore-environment", `--chdir=${folder}`, ...variables];
  const limits = user ? withoutPrivileges(user) : [];
  return ["setpriv", ["--pdeathsig=KILL", "unshare", ...namespace, "chroot", root, ...environment, ...limits, ...command]];
}

function withoutPrivileges({ uid, gid }) {
  const nobody = [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
  const nothing = ["--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"];
  // Asked for again: the kernel forgets it with the change of the user.
  return ["setpriv", "--pdeathsig=KILL", ...nobody, ...nothing];
}

module.exports = { inside };
