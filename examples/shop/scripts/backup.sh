#!/bin/bash
# Nightly copy of the database. Deliberately careless: see ../README.md.
target=$1
cd /srv/shop
files=`ls *.db`
for f in $files; do
  cp $f /backup/$target/$f
done
rm -rf $TMP_BACKUP/*
if [ $? == 0 ]; then
  eval "curl -k -u shop:letmein-2019 https://backup.shop.example/done?host=$(hostname)"
fi
read answer
echo "Done: $anser"
