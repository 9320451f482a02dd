package postgres

// leashScript runs a server: its arguments from the second on. It stops the server when the script's standard input is
// closed. Only the parent holds the other end of this pipe, so the kernel closes it however the parent ends. SIGINT
// makes PostgreSQL disconnect its clients and end. If the server ends by itself, the script ends too. At the end it
// removes the folder that is its first argument, unless that is empty.
const leashScript = `
exec 3<&0
temporary=$1
shift
"$@" 3<&- </dev/null &
child=$!
(
	read -r _ <&3
	kill -INT "$child"
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		sleep 0.2
		kill -0 "$child" || exit
	done
	kill -9 "$child"
) >/dev/null 2>&1 &
watch=$!
exec 3<&-
wait "$child"
status=$?
kill "$watch" 2>/dev/null
[ -z "$temporary" ] || rm -rf "$temporary"
exit $status
`
