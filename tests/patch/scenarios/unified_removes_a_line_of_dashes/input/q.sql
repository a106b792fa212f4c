select 1
-- a comment
from t
