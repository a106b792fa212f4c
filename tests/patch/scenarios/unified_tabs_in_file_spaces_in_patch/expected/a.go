func f() {
	if x {
		y := 2
		return y
	}
}
