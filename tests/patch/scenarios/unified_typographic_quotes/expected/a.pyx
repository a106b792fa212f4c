print("it's - fine")
x = 2
