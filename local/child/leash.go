package child

// leashScript runs a server: its arguments from the third on. It sends the server the signal that is its first
// argument when the script's standard input is closed, and kills it 4 s later. Only the parent holds the other end of
// this pipe, so the kernel closes it however the parent ends. If the server ends by itself, the script ends too. At the
// end it removes the folder that is its second argument, unless that is empty. The lock is descriptor 3: the script and
// the server hold it, the watch does not.
const leashScript = `
exec 4<&0
signal=$1
temporary=$2
shift 2
"$@" 4<&- </dev/null &
child=$!
(
	read -r _ <&4
	kill -s "$signal" "$child"
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		sleep 0.2
		kill -0 "$child" || exit
	done
	kill -9 "$child"
) >/dev/null 2>&1 3<&- &
watch=$!
exec 4<&-
wait "$child"
status=$?
kill "$watch" 2>/dev/null
[ -z "$temporary" ] || rm -rf "$temporary"
exit $status
`
