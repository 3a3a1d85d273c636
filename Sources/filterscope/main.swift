print("filterscope")
