print("it's - fine")
x = 1
