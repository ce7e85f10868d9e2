# args: --memory 64m --ulimit nofile=512:512 --shm-size 32m --network none
FROM busybox
RUN ulimit -n > /l; cat /sys/fs/cgroup/memory/memory.limit_in_bytes >> /l; df -k /dev/shm | tail -1 | awk '{print $2}' >> /l
