CLOSE
= ERROR closed
