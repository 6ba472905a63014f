#!/bin/sh
# Jibri's finalize-script: called with the session's folder as its only argument after an orderly stop, also for a 0-byte file.
# Jibri stays busy while this runs and only logs its exit status, so it does one rename and returns: the uploader finds the folder in
# the spool. Where this fails or is not called at all, the daemon's sweep finds the folder among the recordings.
set -eu
folder=${1:?session folder is missing}
folder=$(cd "$folder" && pwd)
waiting=${TIEPDAN_JIBRI_SPOOL_FOLDER:-$(dirname "$(dirname "$folder")")/spool}/waiting
mkdir -p "$waiting"
# Across file systems mv would copy for minutes and could be killed halfway.
[ "$(stat -c %d "$folder")" = "$(stat -c %d "$waiting")" ]
mv -T "$folder" "$waiting/$(date +%s%3N)-$(basename "$folder")"
