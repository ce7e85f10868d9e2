from busybox as x
run echo x > /x
copy a /a
env A=1
